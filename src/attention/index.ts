export { openFileAttention } from "./files.ts";
export { openOnnxAttention } from "./onnx.ts";
export { type AttentionChoice, openConfiguredAttention } from "./open-configured-attention.ts";
export { openScriptedAttention, type ScriptedAttention } from "./scripted.ts";
export { openWorkerAttention, type WorkerOptions } from "./worker.ts";
