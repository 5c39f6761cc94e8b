import { count, decimal, percent } from "./format-quantity.ts";
import { nameDataset } from "./name-dataset.ts";
import { nameModel } from "./name-model.ts";
import type { RunSummary } from "./summarise-run.ts";

/** The paper that RAP is from. */
export const BIBTEX = `@article{li2025truth,
  title   = {Truth in the Few: High-Value Data Selection for Efficient Multi-Modal Reasoning},
  author  = {Li, Shenshen and others},
  journal = {arXiv preprint arXiv:2506.04755},
  year    = {2025}
}`;

/** A paragraph that says what was done, with the run's own numbers, to put in a paper's methods. */
export function describeMethod(summary: RunSummary): string {
  const { manifest, method, stability } = summary;
  const sentences = [
    method === "rap"
      ? `We selected training data by reasoning activation potential (RAP; Li et al., arXiv 2506.04755) as implemented in Winnow ${manifest.winnow}, preset “${manifest.selection.preset}”.`
      : `We selected training data by the method “${method}” as implemented in Winnow ${manifest.winnow}.`,
    describeRollouts(summary),
    ...(method === "rap" ? describeRap(summary) : []),
    describeSubset(summary),
    stability === null
      ? ""
      : `By a parametric bootstrap, a re-run would select ${percent(stability, 1)} of these samples again.`,
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function describeRollouts({ manifest, samples }: RunSummary): string {
  const { config, model, dataset, prompt, maxTokens, grader } = manifest;
  const { rollouts: m, temperature, topP, seed } = config.sampling;
  const arms = `up to M = ${m} times with the image and M = ${m} times without it (counterfactual: ${prompt.counterfactual}`;
  return (
    `For each of ${count(samples)} usable samples of ${nameDataset(dataset.path, 80)}, ${nameModel(model.name, 80)} was sampled ${arms}; ` +
    `temperature ${temperature}, top-p ${topP}, at most ${count(maxTokens)} new tokens, seed ${seed}), ` +
    `and responses were graded by ${grader.name}.`
  );
}

function describeRap(summary: RunSummary): string[] {
  const { manifest, passedCde, passedAce, aceRan, easyReplaced } = summary;
  const { gate, lambdaC, minGain, confidence, guard, without = [] } = manifest.selection;
  const cde =
    gate === "difference"
      ? `D = (c₁ − c₀)/M exceeded λ_c = ${decimal(lambdaC)}, c₁ and c₀ being its right answers with and without the image`
      : `P(p₁ − p₀ > ${minGain}) was at least ${confidence} under uniform priors on both arms' success rates`;
  return [
    without.includes("cde")
      ? "The causal discrepancy estimator (CDE) was left out; as many samples were drawn at random."
      : `A sample passed the causal discrepancy estimator (CDE) if ${cde} (${count(passedCde)} samples).`,
    aceRan && !without.includes("ace")
      ? `The attention confidence estimator (ACE) discarded samples whose median ψ over the last layer's attention exceeded ${describeLambdaA(summary)} (${count(passedAce)} left).`
      : "The attention confidence estimator (ACE) was not applied.",
    without.includes("drm")
      ? "The difficulty-aware replacement module (DRM) was left out."
      : `The difficulty-aware replacement module (DRM) replaced ${count(easyReplaced)} samples that were right in every rollout with the image by harder ones${guard ? " with D > 0" : ""}.`,
  ];
}

function describeSubset({ manifest, samples, selected, rollouts }: RunSummary): string {
  const taken = rollouts.image + rollouts.text;
  const budget = manifest.selection.budget === undefined ? "" : ", cut or filled to a budget,";
  const saved =
    rollouts.saved === 0 ? "" : `, ${percent(rollouts.saved, taken + rollouts.saved)} fewer than both arms in full`;
  return `This left ${count(selected)} samples (${percent(selected, samples)})${budget} and took ${count(taken)} rollouts${saved}.`;
}

function describeLambdaA({ manifest, sensitivity }: RunSummary): string {
  const { lambdaA } = manifest.selection;
  if (typeof lambdaA === "number") return `λ_a = ${decimal(lambdaA)}`;
  const resolved = sensitivity?.ace?.chosen;
  return `its ${decimal(lambdaA.quantile * 100)} % quantile among them${resolved === undefined ? "" : `, ${decimal(resolved)}`}`;
}
