export { fitPrompt } from "../models/fit-prompt.ts";
export { type OnnxBackend, type OnnxBackendOptions, openOnnxBackend } from "./onnx/open-onnx-backend.ts";
export type { TokenLogprob, TracedRequest, TracedStep, Turn } from "./onnx/traced-request.ts";
export { readApiKey } from "./openai/api-key.ts";
export { findModel, listModels } from "./openai/check-server.ts";
export { type OpenaiBackendOptions, openOpenaiBackend } from "./openai/open-openai-backend.ts";
export { openScriptedBackend, type ScriptedBackendOptions, type ScriptedResponse } from "./scripted.ts";
