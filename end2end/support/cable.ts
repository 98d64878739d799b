/** A TCP proxy between a browser and the server that can drop all traffic without either noticing, and forward it again. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Cable {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  /** The sockets of event streams, for as long as they are open. */
  readonly #streams = new WeakSet<Socket>();
  #dead = false;

  private constructor(to: URL) {
    this.#server = createServer((near) => {
      this.#hold(near);
      // While the proxy drops traffic, it accepts all data and returns none.
      if (this.#dead) return;
      const far = connect(Number(to.port || 80), to.hostname);
      this.#hold(far);
      near.on("data", (sent) => {
        if (sent.includes("GET /events")) this.#streams.add(near).add(far);
      });
      near.pipe(far);
      far.pipe(near);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
    });
  }

  static async lay(to: string): Promise<Cable> {
    const cable = new Cable(new URL(to));
    cable.#server.listen(0, "localhost");
    await once(cable.#server, "listening");
    return cable;
  }

  get baseURL(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Drops all traffic from now on; existing connections never receive anything again. */
  cut(): void {
    this.#dead = true;
    for (const end of this.#ends) {
      end.unpipe();
      end.removeAllListeners("data");
    }
  }

  /** Forwards new connections again. A browser closes idle connections itself, but cannot notice that an event stream is dead. */
  mend(): void {
    this.#dead = false;
    for (const end of this.#ends) if (!this.#streams.has(end)) end.destroy();
  }

  async remove(): Promise<void> {
    for (const end of this.#ends) end.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #hold(end: Socket): void {
    this.#ends.add(end);
    end.on("error", () => undefined);
    end.on("close", () => this.#ends.delete(end));
  }
}
