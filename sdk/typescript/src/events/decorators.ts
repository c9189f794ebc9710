/** What marks the methods of an aggregate: decorators of the standard, without any metadata. */
import type { Aggregate, EventHandler } from "./aggregate.ts";
import type { RecordedEvent } from "./event.ts";

// The parameters of a method that may be any are `any`, or methods with parameters would not fit.
// biome-ignore lint/suspicious/noExplicitAny: the decorated method's own types stand
type AnyMethod<This> = (this: This, ...given: any[]) => any;

/**
 * Marks the method that handles events of a type: it changes the aggregate's state and nothing
 * else. It is given what the event says and, where it was recorded, the event.
 */
export function handles<Data>(type: string) {
  return <This extends Aggregate>(
    method: (this: This, data: Data, event: RecordedEvent | undefined) => void,
    context: ClassMethodDecoratorContext<This>,
  ): void => {
    context.addInitializer(function register(this: This) {
      this["~handles"](type, method as EventHandler<never>);
    });
  };
}

/** Marks a command: it looks at the state, and emits events or throws. */
export function command<This extends Aggregate, Method extends AnyMethod<This>>(
  method: Method,
  _context: ClassMethodDecoratorContext<This, Method>,
): Method {
  return function run(this: This, ...given: Parameters<Method>): ReturnType<Method> {
    return this["~command"](() => method.apply(this, given) as ReturnType<Method>);
  } as Method;
}
