import type { FullConfig } from "@playwright/test";

/** Checks that there is a server to test, and otherwise explains in one sentence how to start one. */
export default async function ready(config: FullConfig): Promise<void> {
  const address = config.projects[0]?.use.baseURL ?? "http://localhost:3000";
  const answer = await fetch(new URL("/health/ready", address)).catch(() => undefined);
  if (!answer?.ok) {
    throw new Error(`No Infirmary is ready at ${address}. Start one with \`cargo xtask run\`, or name one in BASE_URL.`);
  }
}
