/**
 * A separate hospital for a journey, on a server that the journey may stop and start again: a demo in a fresh SQLite file, or an
 * empty database of the engine under test.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { program } from "./hospital.ts";

export class OwnServer {
  readonly database: string;
  readonly baseURL: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "infirmary-"));
  readonly #mail = join(this.#folder, "mail");
  readonly #port: number;
  #running: ChildProcess | undefined;

  /** The key file of an empty database; a demo has the one that other commands of the journey use too. */
  #keys: NodeJS.ProcessEnv = {};
  /** The URL of the database that `close` drops; empty for a file. */
  readonly #cluster: string;

  private constructor(port: number, cluster = "") {
    this.#port = port;
    this.#cluster = cluster;
    const name = `own_${randomUUID().replaceAll("-", "")}`;
    this.database = cluster ? Object.assign(new URL(cluster), { pathname: `/${name}` }).href : `sqlite://${join(this.#folder, "own.db")}`;
    if (cluster) this.#sql(`CREATE DATABASE ${name}`);
    this.baseURL = `http://localhost:${port}`;
  }

  static async open(): Promise<OwnServer> {
    const server = new OwnServer(await freePort());
    execFileSync(program(), ["demo", "--time-zone", whereItIsNoon()], { env: server.#settings(), stdio: "ignore" });
    await server.start();
    return server;
  }

  /** Creates an empty database of the engine under test; the journey calls `run` and then `start`. */
  static async empty(): Promise<OwnServer> {
    const server = new OwnServer(await freePort(), process.env.ENGINE === "postgres" ? process.env.DATABASE_URL : "");
    server.#keys = { INFIRMARY_KEY_FILE: join(server.#folder, "own.keys") };
    return server;
  }

  /** Runs a command of the program on the database, with a text on its standard input; returns its output. */
  run(args: string[], input = ""): string {
    return execFileSync(program(), args, { env: this.#settings(), cwd: this.#folder, input, stdio: ["pipe", "pipe", "pipe"], encoding: "utf8" });
  }

  /** Changes rows of a database in a file, while its server does not run: the past that no page can make. */
  change(statement: string): void {
    const change = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1], timeout=30) as db: assert db.execute(sys.argv[2]).rowcount > 0";
    execFileSync("python3", ["-c", change, this.database.replace(/^sqlite:\/\//, ""), statement], { stdio: ["ignore", "ignore", "pipe"] });
  }

  /** Starts the server, also repeatedly: at the same address, with the same data. */
  async start(): Promise<void> {
    this.#running = spawn(program(), ["serve"], { env: this.#settings(), cwd: resolve(".."), stdio: "ignore" });
    for (;;) {
      const answer = await fetch(`${this.baseURL}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.#running.exitCode !== null) throw new Error("the server of its own does not start");
      await new Promise((again) => setTimeout(again, 100));
    }
  }

  /** Returns the last letter to a recipient. */
  async letter(recipient: string): Promise<string> {
    for (const until = Date.now() + 20_000; Date.now() < until; ) {
      const files = existsSync(this.#mail) ? readdirSync(this.#mail) : [];
      const letters = files.map((file) => readFileSync(join(this.#mail, file), "utf8").replaceAll("=\r\n", ""));
      const found = letters.findLast((letter) => letter.includes(`To: ${recipient}`));
      if (found) return found;
      await new Promise((again) => setTimeout(again, 200));
    }
    throw new Error(`no letter to ${recipient} came`);
  }

  /** Kills the server at once, as a power failure does. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill("SIGKILL");
    await once(running, "exit");
  }

  async close(): Promise<void> {
    await this.kill();
    if (this.#cluster) this.#sql(`DROP DATABASE IF EXISTS ${new URL(this.database).pathname.slice(1)} WITH (FORCE)`);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #sql(text: string): void {
    execFileSync("psql", ["--no-psqlrc", "-qtA", "-v", "ON_ERROR_STOP=1", "-c", text, this.#cluster], { stdio: ["ignore", "ignore", "pipe"] });
  }

  #settings(): NodeJS.ProcessEnv {
    const own = { DATABASE_URL: this.database, INFIRMARY_MAIL: `file:${this.#mail}`, INFIRMARY_ADDRESS: `127.0.0.1:${this.#port}` };
    return { ...process.env, ...own, ...this.#keys };
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Returns a time zone where it is noon: its day continues for hours, whenever the test begins. In these names the sign is inverted. */
export function whereItIsNoon(): string {
  const hour = new Date().getUTCHours();
  return hour < 12 ? `Etc/GMT-${12 - hour}` : `Etc/GMT+${hour - 12}`;
}
