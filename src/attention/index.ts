export { hasAttention, openOnnxAttention } from "./onnx.ts";
export { openScriptedAttention, type ScriptedAttention } from "./scripted.ts";
