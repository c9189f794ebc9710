/** What is there at once or comes later: whoever asks awaits it, whoever has it need not make a promise. */
export type Soon<T> = T | Promise<T>;
