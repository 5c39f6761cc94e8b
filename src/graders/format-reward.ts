import { findBoxes } from "./extraction/find-boxes.ts";

/**
 * 1 when a response keeps the format `<think> … </think> … \boxed{…}`, 0 when not: one thinking part
 * at the start, closed, and a closed box behind it. It says nothing about the answer.
 */
export function formatReward(response: string): 0 | 1 {
  const text = response.trim();
  const close = text.indexOf("</think>");
  if (!text.startsWith("<think>") || close < 0) return 0;
  if (text.indexOf("<think>", 1) >= 0 || text.indexOf("</think>", close + 1) >= 0) return 0;
  return findBoxes(text.slice(close)).some((box) => box.text.trim() !== "") ? 1 : 0;
}
