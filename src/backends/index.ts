export { type OnnxBackend, type OnnxBackendOptions, openOnnxBackend } from "./onnx/open-onnx-backend.ts";
export { type OpenaiBackendOptions, openOpenaiBackend } from "./openai/open-openai-backend.ts";
export { openScriptedBackend, type ScriptedBackendOptions, type ScriptedResponse } from "./scripted.ts";
