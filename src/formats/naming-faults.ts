import { WinnowError } from "../errors.ts";

type Fault = abstract new (...parameters: never[]) => Error;

/** Passes a file's rows on; a fault of these classes in the file becomes `WinnowError("input")` naming it and its kind. */
export async function* namingFaults<T>(
  { name, kind, faults }: { readonly name: string; readonly kind: string; readonly faults: readonly Fault[] },
  rows: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* rows;
  } catch (error) {
    if (!faults.some((fault) => error instanceof fault)) throw error;
    throw new WinnowError("input", `${name}: malformed ${kind}: ${(error as Error).message}.`, { cause: error });
  }
}
