import type { AttendGroup, AttentionBlock } from "./attend-group.ts";
import type { GeneratedRow, GenerateGroup, TracedToken } from "./generate-group.ts";

/** Runs groups on the sessions of one model, in this thread or in others. */
export interface Engine extends AsyncDisposable {
  /** Groups that run at the same time. */
  readonly lanes: number;
  /** Gives the last layer's attention. */
  readonly hasAttention: boolean;
  /** Numbers of one cache slot of one row take this many bytes: keys and values of all layers. */
  readonly bytesPerToken: number;
  generate(
    group: GenerateGroup,
    onFinished: (rows: readonly GeneratedRow[]) => void,
    signal?: AbortSignal,
    onTokens?: (tokens: readonly TracedToken[]) => void,
  ): Promise<void>;
  attend(group: AttendGroup, onBlock: (block: AttentionBlock) => void, signal?: AbortSignal): Promise<void>;
}
