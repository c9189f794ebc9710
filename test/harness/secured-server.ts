import { systemClock } from "../../src/base/clock.ts";
import type { Config } from "../../src/config/options.ts";
import { type RunningServer, type ServerParts, startServer } from "../../src/server/server.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";
import { serverConfig } from "./test-server.ts";
import { TokenIssuer } from "./token-issuer.ts";

/**
 * A whole server that asks for credentials, in this process, on free ports, with a token
 * issuer that it trusts. What tenants are to hold is written while it still trusts everybody.
 */
export class SecuredServer implements AsyncDisposable {
  readonly server: RunningServer;
  readonly issuer: TokenIssuer;
  /** The first key of the server. */
  readonly adminKey: string;
  readonly dataDir: string;
  readonly #directory: TemporaryDirectory;

  constructor(
    server: RunningServer,
    issuer: TokenIssuer,
    adminKey: string,
    directory: TemporaryDirectory,
  ) {
    this.server = server;
    this.issuer = issuer;
    this.adminKey = adminKey;
    this.dataDir = directory.path;
    this.#directory = directory;
  }

  static async start(
    fill: (server: RunningServer) => Promise<void>,
    settings: Partial<Config> = {},
    parts: ServerParts = {},
  ): Promise<SecuredServer> {
    const directory = temporaryDirectory();
    const issuer = await TokenIssuer.make();
    const common = { wal: "file", dataDir: directory.path, segmentBytes: 16 * MiB } as const;
    const open = await startServer(serverConfig({ ...common, auth: "trusted" }));
    try {
      await fill(open);
    } finally {
      await open.stop();
    }
    let adminKey = "";
    const tellAdminKey = async (key: string) => {
      adminKey = key;
    };
    const tokens = { jwtIssuer: issuer.name, jwtAudience: issuer.audience, jwtKeys: issuer.keys };
    const server = await startServer(
      serverConfig({ ...common, auth: "required", ...tokens, ...settings }),
      { ...parts, tellAdminKey },
    );
    return new SecuredServer(server, issuer, adminKey, directory);
  }

  get httpUrl(): string {
    return this.server.httpUrl;
  }

  get grpcUrl(): string {
    return this.server.grpcUrl;
  }

  /** A token that holds now, but for what is changed. */
  token(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.issuer.token(systemClock.now(), claims);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    this.#directory[Symbol.dispose]();
  }
}

const MiB = 1024 * 1024;
