import { createHash } from "node:crypto";
import type { PreTrainedTokenizer, Processor, RawImage, Tensor } from "@huggingface/transformers";
import { WinnowError } from "../errors.ts";
import type { PromptPart } from "../records.ts";
import { ImageReader, pickTensors } from "./image-reader.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { MODEL_FAMILIES } from "./model-families.ts";
import { loadTransformers } from "./optional-packages.ts";
import type { ImageTensors, ProcessedPrompt } from "./prompt-batch.ts";

/** One message of a conversation that a prompt goes on with. */
export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly parts: readonly PromptPart[];
}

/** A prompt that this model cannot be given, for a reason that lies in the prompt. */
export class UnusablePrompt extends Error {
  override readonly name = "UnusablePrompt";
}

/** Turns prompts into tokens and pixels, and tokens back into text, with a model's own processor. */
export class PromptProcessor {
  readonly #directory: ModelDirectory;
  readonly #processor: Processor;
  readonly #tokenizer: PreTrainedTokenizer;
  readonly #images: ImageReader;
  readonly #imageToken: string;

  private constructor(directory: ModelDirectory, processor: Processor, RawImageClass: typeof RawImage) {
    const { tokenizer } = processor;
    if (tokenizer === undefined || processor.image_processor === undefined) {
      throw new WinnowError("input", `${directory.path}: the processor has no tokenizer or no image processor.`);
    }
    this.#directory = directory;
    this.#processor = processor;
    this.#tokenizer = tokenizer;
    this.#images = new ImageReader(processor.image_processor, RawImageClass);
    this.#imageToken = tokenizer.decode([directory.imageTokenId], { skip_special_tokens: false });
  }

  /** Loads processor, tokenizer and chat template from the directory, never from the network. */
  static async open(directory: ModelDirectory): Promise<PromptProcessor> {
    const { AutoProcessor, RawImage: RawImageClass } = await loadTransformers();
    try {
      const processor = await AutoProcessor.from_pretrained(directory.path, { local_files_only: true });
      return new PromptProcessor(directory, processor, RawImageClass);
    } catch (cause) {
      if (cause instanceof WinnowError) throw cause;
      const detail = (cause as Error).message;
      throw new WinnowError("input", `${directory.path}: its processor cannot be loaded: ${detail}`, { cause });
    }
  }

  /**
   * Applies chat template, image processor and tokenizer to a user turn, and to those `before` it.
   * Throws `UnusablePrompt` with the reason.
   */
  async process(asked: readonly PromptPart[], before: readonly Turn[] = []): Promise<ProcessedPrompt> {
    const turns: readonly Turn[] = [...before, { role: "user", parts: asked }];
    const parts = turns.flatMap((turn) => turn.parts);
    for (const part of parts) if (part.type === "text") this.#refuseControlTokens(part.text);
    const bytes = parts.filter((part) => part.type === "image").map((part) => part.bytes);
    const pictures = await Promise.all(bytes.map((image, index) => this.#decodeImage(image, index)));
    const text = this.#applyTemplate(turns);
    const { ids, images } =
      pictures.length === 0
        ? { ids: this.#tokenize(text), images: [] }
        : await (MODEL_FAMILIES[this.#directory.family] === "expand"
            ? this.#expandEach(text, pictures, bytes)
            : this.#expandByProcessor(text, pictures, bytes));
    const imageTokens = ids.reduce((sum, id) => sum + (id === this.#directory.imageTokenId ? 1 : 0), 0);
    return { ids, imageTokens, images };
  }

  /** Text of a response, without the model's special tokens. */
  decode(tokenIds: readonly number[]): string {
    return tokenIds.length === 0 ? "" : this.#tokenizer.decode([...tokenIds], { skip_special_tokens: true });
  }

  /** Text of one token, special or not. */
  decodeToken(tokenId: number): string {
    return this.#tokenizer.decode([tokenId], { skip_special_tokens: false });
  }

  /** Token ids of a response's text. */
  encode(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false });
  }

  async #decodeImage(bytes: Uint8Array, index: number): Promise<RawImage> {
    try {
      return await this.#images.decode(bytes);
    } catch (cause) {
      throw new UnusablePrompt(`Image ${index + 1} cannot be decoded: ${(cause as Error).message}`);
    }
  }

  /** Dataset text is text: one that spells a control token would end the turn, or forge one. */
  #refuseControlTokens(text: string): void {
    const found = this.#tokenizer.all_special_tokens.find((token) => token !== "" && text.includes(token));
    if (found !== undefined) {
      throw new UnusablePrompt(`The text spells the model's control token ${JSON.stringify(found)}.`);
    }
  }

  #applyTemplate(turns: readonly Turn[]): string {
    const template = this.#processor.chat_template ?? this.#tokenizer.chat_template;
    if (!template) {
      if (turns.length > 1) throw new UnusablePrompt("The model has no chat template, so it takes one user message.");
      return turns[0]!.parts.map((part) => (part.type === "image" ? this.#imageToken : part.text)).join("");
    }
    const messages = turns.map(({ role, parts }) => ({
      role,
      content: parts.map((part) => (part.type === "image" ? { type: "image" } : { type: "text", text: part.text })),
    }));
    const options = { add_generation_prompt: true, tokenize: false };
    try {
      return this.#processor.apply_chat_template(messages as never, options) as string;
    } catch (cause) {
      // Some templates refuse roles, or an order of them, in words of their own.
      throw new UnusablePrompt(`The model's chat template refuses the messages: ${(cause as Error).message}`);
    }
  }

  #tokenize(text: string): Int32Array {
    const { bos_token } = this.#tokenizer as { bos_token?: string | null };
    const add_special_tokens = !(bos_token && text.startsWith(bos_token));
    return Int32Array.from(this.#tokenizer.encode(text, { add_special_tokens }));
  }

  /** LLaVA: every placeholder becomes as many image tokens as its image has patches. */
  async #expandEach(text: string, pictures: readonly RawImage[], bytes: readonly Uint8Array[]): Promise<Expanded> {
    const pieces = text.split(this.#imageToken);
    if (pieces.length - 1 !== pictures.length) throw placeholderMismatch(pieces.length - 1, pictures.length);
    let whole = pieces[0] as string;
    const images = [];
    for (const [index, picture] of pictures.entries()) {
      const tensors = await this.#images.toTensors(picture);
      whole += this.#imageToken.repeat(this.#countPatches(tensors)) + pieces[index + 1];
      images.push({ key: hashBytes([bytes[index] as Uint8Array]), tensors });
    }
    return { ids: this.#tokenize(whole), images };
  }

  #countPatches(tensors: ImageTensors): number {
    const [height = 0, width = 0] = tensors.pixel_values?.dims.slice(-2) ?? [];
    const config = this.#processor.config as {
      patch_size: number;
      num_additional_image_tokens?: number;
      vision_feature_select_strategy?: string;
    };
    const { patch_size, num_additional_image_tokens = 0, vision_feature_select_strategy } = config;
    // "default" leaves the tower's class token out, which transformers.js does not know.
    const dropped = vision_feature_select_strategy === "default" ? 1 : 0;
    const additional = Math.max(0, num_additional_image_tokens - dropped);
    return Math.floor(height / patch_size) * Math.floor(width / patch_size) + additional;
  }

  /** Idefics3 and its like: the processor expands all placeholders, tiles and all. */
  async #expandByProcessor(
    text: string,
    pictures: readonly RawImage[],
    bytes: readonly Uint8Array[],
  ): Promise<Expanded> {
    const found = text.split(this.#imageToken).length - 1;
    if (MODEL_FAMILIES_WITH_OWN_PLACEHOLDER.has(this.#directory.family) && found !== pictures.length) {
      throw placeholderMismatch(found, pictures.length);
    }
    const call = this.#processor as unknown as (
      text: string,
      images: readonly RawImage[],
    ) => Promise<Record<string, Tensor>>;
    const made = await call(text, pictures);
    const ids = Int32Array.from((made.input_ids as Tensor).data as BigInt64Array, Number);
    return { ids, images: [{ key: hashBytes(bytes), tensors: pickTensors(made) }] };
  }
}

type Expanded = Pick<ProcessedPrompt, "ids" | "images">;

/** Families whose chat template writes the image token itself where an image stands. */
const MODEL_FAMILIES_WITH_OWN_PLACEHOLDER = new Set(["idefics3", "smolvlm"]);

function hashBytes(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}\0`).update(part);
  return hash.digest("hex");
}

function placeholderMismatch(found: number, images: number): UnusablePrompt {
  return new UnusablePrompt(`The prompt holds ${found} image placeholders for ${images} images.`);
}
