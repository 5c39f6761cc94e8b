"""The model card and the dataset card, with the numbers just measured."""

from collections import Counter

from transformers import LlavaForConditionalGeneration

from .evaluate import LAMBDA_C, ROLLOUTS
from .figures import Row
from .pretrain import Recipe

COHORTS = {
    "visual": "needs the picture, 2 to 6 figures, any family",
    "easy": "needs the picture, 1 or 2 figures, one look",
    "hard": "needs the picture, 4 to 6 figures, several steps",
    "text": "the question text gives the answer away",
    "irrelevant": "arithmetic that no picture could help with",
    "mislabelled": "a visual row whose `answer` is wrong",
}


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def table(head: tuple[str, ...], lines: list[tuple]) -> str:
    rows = [head, tuple("---" for _ in head), *lines]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def cohort_table(cohorts: dict) -> str:
    lines = []
    for name in (*COHORTS, "all"):
        c = cohorts["all"] if name == "all" else cohorts["cohorts"][name]
        counts = [" ".join(map(str, c[key])) for key in ("image_counts", "text_counts")]
        lines.append((name, c["rows"], c["image"], c["text"], c["kept"], *counts))
    head = ("cohort", "rows", "with picture", "without", "kept by CDE", "c₁ = 0…5", "c₀ = 0…5")
    return table(head, lines)


def family_table(test: dict) -> str:
    lines = [
        (name, rates["greedy"], rates["image"], rates["text"])
        for name, rates in (
            *((f"`{name}`", rates) for name, rates in test["families"].items()),
            ("all", test["all"]),
        )
    ]
    head = ("family", "greedy, with picture", "sampled, with picture", "sampled, without")
    return table(head, lines)


def model_card(
    model: LlavaForConditionalGeneration, recipe: Recipe, clean: dict, test: dict, cohorts: dict
) -> str:
    whole = cohorts["all"]
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
language: en
tags: [llava, tiny, test-model, data-selection]
---

# Winnow nano

A vision-language model of {model.num_parameters():,} parameters that answers short questions
about tiny pictures. It exists so that data selection can be shown and tested on a laptop: it
samples thousands of responses a second on a CPU, its pass rates spread over samples as a real
base model's do, and its errors are ones that reinforcement learning can mend. It is of no use
for anything else.

`LlavaForConditionalGeneration`: a SigLIP tower (64 × 64 pixels, patches of 16, 2 layers, 64
wide), a two-layer projector and a Llama decoder (3 layers, 96 wide, 4 heads of 24, vocabulary
{model.config.text_config.vocab_size}, 4,096 positions, tied embeddings), float32.

## Use

    from transformers import AutoModelForImageTextToText, AutoProcessor
    processor = AutoProcessor.from_pretrained("models/nano")
    model = AutoModelForImageTextToText.from_pretrained("models/nano")

transformers.js loads the same directory (`dtype: "fp32"`).

**Prompt.** `<bos><user>` + content + `<assistant>`, as the chat template writes it. Content is
the message's parts in order with nothing between them; each picture is one `<image>`, which the
processor expands to 16 tokens where it stands. The model was trained with the picture right
before or right after the question, and with no picture at all. System messages are accepted and
dropped: the model knows one response format only, so a format prompt must not be appended to the
question.

**Response.** `<think>the circle is red</think> \\boxed{{red}}<eos>`, 10 to 22 tokens; 32 new
tokens are enough.

| token | `<pad>` | `<bos>` | `<eos>` | `<image>` | `<user>` | `<assistant>` | `<think>` | `</think>` | ` \\boxed{{` |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| id | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |

The last three are ordinary tokens, so decoding keeps them. Every word of the training data is one
token; all other text falls back to bytes and survives encoding and decoding unchanged.

## ONNX files

B prompts, S new tokens, P past tokens (may be 0), T = P + S.

| file | inputs | outputs |
| --- | --- | --- |
| `vision_encoder` | `pixel_values` [B, 3, 64, 64] | `image_features` [B, 16, 96] |
| `embed_tokens` | `input_ids` [B, S] | `inputs_embeds` [B, S, 96] |
| `decoder_model_merged` | `inputs_embeds` [B, S, 96], `attention_mask` [B, T], `position_ids` [B, S], `past_key_values.i.key/value` [B, 4, P, 24] | `logits` [B, S, V], `present.i.key/value` [B, 4, T, 24], `attentions` [B, 4, S, T] |
| `decoder_step` | `input_ids` [B, G], `position_ids` [B, 1], `prompt_mask` [B, S], `prompt.i.key/value` [B, 4, S, 24], `past.i.key/value` [B, 4, G, R, 24] | `logits` [B, G, V], `present.i.key/value` [B, 4, G, R + 1, 24] |

`attentions` holds the last layer's probabilities. A token sees the cache slots up to its own that
`attention_mask` marks; `position_ids` alone set the rotary angles, so padding may be on either
side. `decoder_step` decodes one token for G rollouts of each prompt and shares the prompt's
cache among them. A row's values do not depend, to the bit, on the other rows of the batch or, from
two up, on G; they may depend on padding, so batch prompts of equal length.

## Data and recipe

Everything is generated from seed {recipe.seed}; training, test and example data use different
seeds. `python -m winnow_reproduction.recipe` in `reproduction/` repeats all of it.

1. **Perception**, {recipe.perception_steps:,} steps of {recipe.perception_batch} pictures: linear
   read-outs of each image token name the cell's figure, its neighbours' colours and shapes, and
   whether it is leftmost, rightmost, topmost or bottommost.
2. **Answers**, {recipe.answer_steps:,} steps of {recipe.visual_rows} visual questions,
   {recipe.blind_rows} visual questions without their picture and {recipe.text_rows} text
   questions, AdamW at {recipe.answer_rate}, loss on the response alone.
3. **Looking away**, {recipe.lapse_steps} steps: with a probability that grows with the steps of
   the question and the number of figures, the picture is replaced by another one while the
   response stays; text questions get a wrong answer now and then. This makes pass rates spread,
   and the errors are lapses rather than blindness.

## Measured

Test rows ({test["rows"]}, 2 to 6 figures, a seed of their own), temperature 1, {ROLLOUTS} rollouts;
{100 * test["in_format"]["image"]:.2f} % of the responses are in format with the picture,
{100 * test["in_format"]["text"]:.2f} % without. Before stage 3 the model scored {clean["all"]["image"]} with the
picture and {clean["all"]["text"]} without: what it gets wrong now it could see.

{family_table(test)}

The examples of Winnow, {whole["rows"]:,} rows, as a selector sees them (accuracy is against the
`answer` column, which is wrong in the mislabelled cohort). CDE (D = (c₁ − c₀)/{ROLLOUTS} > {LAMBDA_C})
keeps {whole["kept"]} rows, **{percent(whole["share"])}**; {whole["easy_kept"]} of them are easy
(c₁ = {ROLLOUTS}).

{cohort_table(cohorts)}

## Limits

- English questions of about fifty phrasings over six colours and four shapes. Any other picture is
  squashed to 64 × 64 pixels and any other question answered in the same style, wrongly.
- Its lapses are planted: stage 3 favours selectors that look for a need of the picture.
- {ROLLOUTS} rollouts are few: of the rows CDE kept, a second independent draw kept
  {percent(whole["kept_again"])} again.

Licence: Apache-2.0.
"""


def second_card(
    model: LlavaForConditionalGeneration, name: str, clean: dict, test: dict, cohorts: dict
) -> str:
    """Of a model that only the study uses."""
    text, whole = model.config.text_config, cohorts["all"]
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
language: en
tags: [llava, tiny, test-model, data-selection]
---

# {name}

The study's second model, {model.num_parameters():,} parameters, for what must not hang on one
architecture ([Table 3](../../RESULTS.md#table-3-a-second-architecture)). It has the tokenizer, the
pictures, the prompt, the response format and the recipe of [Winnow nano](../../../models/nano/README.md),
and none of its layers: a CLIP tower (class token, norm before the layers, quick GELU, 2 heads), a
two-layer projector and a Qwen3 decoder ({text.num_hidden_layers} layers, {text.hidden_size} wide,
{text.num_attention_heads} query heads on {text.num_key_value_heads} key heads of {text.head_dim}, queries and
keys normed), float32.

Its ONNX files are not kept: the study writes them here from the weights before it needs them.
`python -m winnow_reproduction.recipe --architecture {name}` in `reproduction/` trains it again.

## Measured

Test rows ({test["rows"]}, 2 to 6 figures), temperature 1, {ROLLOUTS} rollouts;
{100 * test["in_format"]["image"]:.2f} % of the responses are in format with the picture,
{100 * test["in_format"]["text"]:.2f} % without. Before it learned to look away the model scored
{clean["all"]["image"]} with the picture and {clean["all"]["text"]} without.

{family_table(test)}

The examples of Winnow, {whole["rows"]:,} rows, as a selector sees them. CDE
(D = (c₁ − c₀)/{ROLLOUTS} > {LAMBDA_C}) keeps {whole["kept"]} rows, {percent(whole["share"])}.

{cohort_table(cohorts)}

Licence: Apache-2.0.
"""


def dataset_card(rows: list[Row], cohorts: dict) -> str:
    counts = Counter(row.cohort for row in rows)
    kinds = Counter(row.question.kind for row in rows)
    blind = (counts["text"] + counts["irrelevant"]) / len(rows)
    return f"""---
license: apache-2.0
task_categories: [visual-question-answering]
language: en
size_categories: [1K<n<10K]
---

# Figures

{len(rows):,} questions about tiny pictures, with verifiable answers, made from a seed by
`reproduction/`. A 64 × 64 picture holds one to six shapes on a 4 × 4 grid. One part of the rows
needs the picture, the other does not, which is what a data selector should find out.

| column | holds |
| --- | --- |
| `id` | `figures-00000` and so on, in file order |
| `problem` | the question with one `<image>` before or after it |
| `answer` | {", ".join(f"{kind} ({n})" for kind, n in kinds.most_common())} |
| `images` | one PNG, `{{bytes, path}}` |
| `source` | `figures` |
| `level` | steps of reasoning, 1 to 3 |

The truth is not in the data but in `../figures-truth.jsonl`: `id`, `cohort`, `family`, `steps`,
`kind`, `gold` (the right answer) and `figures` (their number). No selector reads it.

{table(("cohort", "rows", "meaning"), [(n, counts[n], what) for n, what in COHORTS.items()])}

With the nano model and five rollouts per arm, one run gave:

{cohort_table(cohorts)}

CDE keeps {percent(cohorts["all"]["share"])} of this mix with this model; another model keeps another
share. {100 * blind:.0f} % of the rows can be answered without the picture, so image-aware selectors are
favoured by design.

Licence: Apache-2.0.
"""
