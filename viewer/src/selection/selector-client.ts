import type { NamedSelection } from "../../../src/view/protocol.ts";
import type { Arrangement } from "./arrange.ts";
import type { Explanation } from "./reselect.ts";
import type { Answer, Question, SelectionResult } from "./worker.ts";

/** The selectors in a thread of their own, over one state of a run's evidence. */
export class SelectorClient {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #waiting: ((answer: Answer | null) => void)[] = [];

  constructor(evidence: ArrayBuffer, attention: boolean) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer | null>) => this.#waiting.shift()?.(data));
    void this.#ask({ type: "load", evidence, attention });
  }

  async select(selection: NamedSelection): Promise<SelectionResult | undefined> {
    const answer = await this.#ask({ type: "select", selection });
    return answer?.type === "selected" ? answer.result : undefined;
  }

  /** The rows of the table for the selection made last. */
  async arrange(arrangement: Arrangement, found: Uint32Array<ArrayBuffer> | null): Promise<Uint32Array | undefined> {
    const answer = await this.#ask({ type: "arrange", arrangement, found });
    return answer?.type === "arranged" ? answer.order : undefined;
  }

  /** One decision of the selection made last, in words. */
  async explain(place: number): Promise<Explanation | null> {
    const answer = await this.#ask({ type: "explain", place });
    return answer?.type === "explained" ? answer.explanation : null;
  }

  close(): void {
    this.#worker.terminate();
  }

  #ask(question: Question): Promise<Answer | null> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(question);
    });
  }
}
