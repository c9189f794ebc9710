/**
 * The life of everything that runs until it is told to stop. `server/` starts
 * services in order and stops them in the opposite order.
 */
export interface Service {
  readonly name: string;
  /**
   * Runs until stopped. Rejects only on trouble from which the service cannot
   * recover by itself; the server then stops as a whole.
   */
  run(): Promise<void>;
  /** Lets what is under way finish, takes nothing new. Resolves when `run` has returned. Idempotent. */
  stop(): Promise<void>;
}
