import { appendFile, readFile } from "node:fs/promises";
import { WinnowError } from "../errors.ts";
import { hashText } from "../lib/hash-text.ts";
import type { Grade, Verdict } from "../records.ts";
import { answerPart } from "./extraction/extract-answer.ts";
import type { GradeRequest, Grader, GroundTruthCheck } from "./grader.ts";
import { JUDGE_PROMPT_VERSION, writeJudgePrompt } from "./judge-prompt.ts";
import { postJson } from "./post-json.ts";

/** An OpenAI-compatible server that judges free-text answers; off unless named. */
export interface JudgeOptions {
  /** Base address up to and including `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
  /** JSON lines of verdicts already paid for; appended to. Without it verdicts are kept in memory only. */
  readonly cacheFile?: string;
  /** Milliseconds one request may take. Defaults to 60,000. */
  readonly timeout?: number;
  readonly fetch?: typeof fetch;
}

/** What the judge has cost so far. Tokens are as the server counts them. */
export interface JudgeCost {
  readonly requests: number;
  readonly cached: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Grades by rules, and asks a model only where no rule can grade the ground truth. */
export class LlmJudge implements Grader {
  readonly name = "judge";
  readonly version: string;
  readonly #rules: Grader;
  readonly #options: JudgeOptions;
  readonly #verdicts = new Map<string, Promise<Verdict>>();
  #loaded?: Promise<void>;
  #cost: JudgeCost = { requests: 0, cached: 0, promptTokens: 0, completionTokens: 0 };

  constructor(rules: Grader, options: JudgeOptions) {
    this.#rules = rules;
    this.#options = options;
    this.version = `${rules.version} judge ${options.model} ${JUDGE_PROMPT_VERSION}`;
  }

  get cost(): JudgeCost {
    return this.#cost;
  }

  check(groundTruth: string, choices?: readonly string[]): GroundTruthCheck {
    const check = this.#rules.check(groundTruth, choices);
    return check.gradable || !isJudged(check.kind) ? check : { gradable: true, kind: "judged" };
  }

  grade(request: GradeRequest): Grade | Promise<Grade> {
    const check = this.#rules.check(request.groundTruth, request.choices);
    return check.gradable || !isJudged(check.kind) ? this.#rules.grade(request) : this.#judge(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rules[Symbol.asyncDispose]();
  }

  async #judge(request: GradeRequest): Promise<Grade> {
    const answer = request.mode === "answer" ? request.response : answerPart(request.response);
    if (answer === undefined || answer.trim() === "") {
      return { verdict: "wrong", rule: "none/judged", reason: "There is no answer after the thinking." };
    }
    const key = hashText([JUDGE_PROMPT_VERSION, this.#options.model, request.groundTruth, answer].join("\u0000"));
    this.#loaded ??= this.#load();
    await this.#loaded;
    const known = this.#verdicts.get(key);
    if (known !== undefined) this.#cost = { ...this.#cost, cached: this.#cost.cached + 1 };
    const asked = known ?? this.#ask(key, writeJudgePrompt(request.groundTruth, answer));
    this.#verdicts.set(key, asked);
    const verdict = await asked.catch((error: unknown) => {
      this.#verdicts.delete(key);
      throw error;
    });
    const reason = verdict === "ungradable" ? { reason: "The judge cannot compare with this ground truth." } : {};
    return { verdict, answer: answer.slice(-500), rule: `judge/${this.#options.model}`, ...reason };
  }

  async #ask(key: string, prompt: string): Promise<Verdict> {
    const { url, model, apiKey, timeout = 60_000, cacheFile } = this.#options;
    const body = { model, temperature: 0, max_tokens: 512, messages: [{ role: "user", content: prompt }] };
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const send = this.#options.fetch ?? fetch;
    const address = `${url.replace(/\/$/, "")}/chat/completions`;
    const reply = (await postJson(address, body, { headers, timeout, attempts: 3, fetch: send })) as ChatReply;
    this.#cost = {
      ...this.#cost,
      requests: this.#cost.requests + 1,
      promptTokens: this.#cost.promptTokens + (reply.usage?.prompt_tokens ?? 0),
      completionTokens: this.#cost.completionTokens + (reply.usage?.completion_tokens ?? 0),
    };
    const verdict = readVerdict(reply.choices?.[0]?.message?.content ?? "");
    if (cacheFile !== undefined) await appendFile(cacheFile, `${JSON.stringify({ key, verdict })}\n`);
    return verdict;
  }

  async #load(): Promise<void> {
    const { cacheFile } = this.#options;
    if (cacheFile === undefined) return;
    const text = await readFile(cacheFile, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    for (const line of text.split("\n")) {
      const match = /^\{"key":"(\w+)","verdict":"(correct|wrong|ungradable)"\}$/.exec(line);
      if (match) this.#verdicts.set(match[1] as string, Promise.resolve(match[2] as Verdict));
    }
  }
}

interface ChatReply {
  readonly choices?: readonly { readonly message?: { readonly content?: string } }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
}

/** The kinds no rule grades but a model may; empty and oversized ground truths are nobody's. */
function isJudged(kind: string): boolean {
  return kind === "free-text" || kind === "several-boxes";
}

function readVerdict(content: string): Verdict {
  const lines = content.trim().split("\n");
  const match = /VERDICT:\s{0,3}\**(correct|wrong|ungradable)\b/i.exec(lines.at(-1) ?? "");
  if (match) return (match[1] as string).toLowerCase() as Verdict;
  throw new WinnowError(
    "model",
    `The judge must end with a line such as \`VERDICT: correct\`; it ended with ${JSON.stringify((lines.at(-1) ?? "").slice(0, 120))}.`,
  );
}
