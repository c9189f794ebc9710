import { createServer, type Server } from "node:net";

/**
 * The ports as numbers that are free now: threads that share a port must all name it, and a
 * port that is shared is given to whoever else shares it. So each is taken for oneself first,
 * which the system refuses where another server listens, shared or not. Between this and the
 * threads' own listening another program may take it; then they say so.
 *
 * Port 0 takes a free one. Rejects with what the system says.
 */
export async function claimPorts(
  host: string,
  ports: readonly [number, number],
): Promise<[number, number]> {
  const first = await listen(host, ports[0]);
  try {
    const second = await listen(host, ports[1]);
    const taken: [number, number] = [portOf(first), portOf(second)];
    await close(second);
    return taken;
  } finally {
    await close(first);
  }
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen({ host, port }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
