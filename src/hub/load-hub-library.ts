import { WinnowError } from "../errors.ts";

/** @huggingface/hub, loaded on first use; `WinnowError("missing")` says how to install it. */
export async function loadHubLibrary(): Promise<typeof import("@huggingface/hub")> {
  try {
    return await import("@huggingface/hub");
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new WinnowError(
      "missing",
      `The Hugging Face hub needs the optional package @huggingface/hub, which could not be loaded (${detail}). ` +
        "Install it with `npm install @huggingface/hub`.",
      { cause },
    );
  }
}
