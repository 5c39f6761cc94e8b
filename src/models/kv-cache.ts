import type { Tensor } from "onnxruntime-node";

/** Keys and values of rows that are all equally long: tensors (rows, heads, length, head size), by input name. */
export interface KvCache {
  readonly rows: number;
  /** Tokens in the cache, the same for every row. */
  readonly length: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/**
 * The cache of the chosen rows, in that order; a row may be taken several times (one prompt,
 * many rollouts) or not at all (finished). (rows, …) -> (chosen.length, …)
 */
export function gatherRows(cache: KvCache, chosen: readonly number[]): KvCache {
  const tensors: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(cache.tensors)) tensors[name] = gatherTensorRows(tensor, chosen);
  return { rows: chosen.length, length: cache.length, tensors };
}

type Numbers = Float32Array | Uint16Array;

function gatherTensorRows(tensor: Tensor, chosen: readonly number[]): Tensor {
  const source = tensor.data as Numbers;
  const stride = source.length / (tensor.dims[0] as number);
  const target = new (source.constructor as Float32ArrayConstructor)(stride * chosen.length);
  for (const [to, from] of chosen.entries()) {
    target.set(source.subarray(from * stride, (from + 1) * stride) as Float32Array, to * stride);
  }
  const TensorClass = tensor.constructor as typeof Tensor;
  return new TensorClass(tensor.type as "float32", target, [chosen.length, ...tensor.dims.slice(1)]);
}
