import type { FullConfig } from "@playwright/test";

/** Says in one sentence what is wrong when there is no server to test. */
export default async function ready(config: FullConfig): Promise<void> {
  const address = config.projects[0]?.use.baseURL ?? "http://localhost:3000";
  const answer = await fetch(new URL("/health/ready", address)).catch(() => undefined);
  if (!answer?.ok) {
    throw new Error(`No Infirmary is ready at ${address}. Start one with \`cargo xtask run\`, or name one in BASE_URL.`);
  }
}
