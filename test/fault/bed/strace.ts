/**
 * Faults at system calls: strace stands between the server and the kernel and, at the Nth call
 * of a kind, sends a signal, answers with an error instead of doing it, or pretends. It counts in
 * each thread of the server by itself.
 */
import type { ServerProcess } from "../../harness/binary.ts";

/** A kind of call, with all the names that it goes by. */
export const CALLS = {
  write: "write,writev",
  pwrite64: "pwrite64,pwritev",
  fdatasync: "fdatasync,fsync",
  rename: "rename,renameat,renameat2,link,linkat",
  unlink: "unlink,unlinkat,rmdir",
  ftruncate: "ftruncate",
} as const;
export type Call = keyof typeof CALLS;

/** What happens at a call, in strace's words: `signal=KILL:when=3`, `error=EIO:when=1+`. */
export interface Injection {
  readonly call: Call;
  readonly what: string;
}

function flags({ call, what }: Injection): string[] {
  const names = CALLS[call];
  return ["-f", "-o", "/dev/null", "-e", `trace=${names}`, "-e", `inject=${names}:${what}`];
}

/** In front of a program: from its first call on. The program keeps the process id. */
export function underStrace(injection: Injection): readonly string[] {
  return ["strace", "-D", "-qq", ...flags(injection)];
}

/** Strace on a server that runs. Lets go of it when its scope ends. */
export interface Attached extends AsyncDisposable {
  /** From here on calls are what they were. */
  detach(): Promise<void>;
}

/** Resolves when every call of the server goes by strace. Throws when it cannot attach, as to one that is gone. */
export async function attach(server: ServerProcess, injection: Injection): Promise<Attached> {
  const child = Bun.spawn(["strace", ...flags(injection), "-p", String(server.pid)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const attached = Promise.withResolvers<void>();
  // To its end: strace tells of every thread that begins later, and would end when nobody reads.
  void (async () => {
    let said = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      said += decoder.decode(chunk, { stream: true });
      if (said.includes("attached")) attached.resolve();
    }
    attached.reject(new Error(`strace did not attach: ${said}`));
  })();
  await attached.promise;
  const detach = async () => {
    child.kill("SIGINT");
    await child.exited;
  };
  return { detach, [Symbol.asyncDispose]: detach };
}

/** Why nothing can be injected on this machine; undefined when it can. */
export function whyNoStrace(): string | undefined {
  return Bun.which("strace") === null ? "strace is not installed (package strace)" : undefined;
}
