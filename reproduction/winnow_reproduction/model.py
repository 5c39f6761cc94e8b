"""A model before training: tokenizer, processor, chat template, weights.

Everything is a standard Hugging Face class, so that transformers, TRL and
transformers.js load the directory without code of ours.
"""

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
)

from .architectures import (
    ARCHITECTURES,
    BOS,
    EOS,
    MAX_POSITIONS,
    PAD,
    SPECIAL,
)
from .questions import FAMILIES, ask
from .scenes import CELL, COLORS, SHAPES, SIDE, SIZES
from .text_questions import IRRELEVANT_FAMILIES, LANGUAGE_FAMILIES, NUMBERS, ask_text

# Ordinary tokens for the tokenizer, so that decoding keeps them: graders read them.
# The leading space of the last one is part of it.
MARKERS = ("<think>", "</think>", " \\boxed{")

# System messages are accepted and dropped: the model knows one response format only.
CHAT_TEMPLATE = (
    "{{ '<bos>' }}"
    "{% for message in messages %}"
    "{% if message['role'] != 'system' %}"
    "{{ '<' + message['role'] + '>' }}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<image>' }}{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{% if message['role'] == 'assistant' %}{{ '<eos>' }}{% endif %}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)


def corpus(seed: int = 0, size: int = 20_000) -> list[str]:
    """Question and response texts of every family, for the vocabulary."""
    rng = random.Random(seed)
    texts = []
    for i in range(size):
        _, question = ask(rng, (FAMILIES[i % len(FAMILIES)],), 1, 6)
        texts += [question.text, question.chain, question.answer]
        families = LANGUAGE_FAMILIES + IRRELEVANT_FAMILIES
        question = ask_text(rng, (families[i % len(families)],))
        texts += [question.text, question.chain, question.answer]
    for word in (*COLORS, *SHAPES, *SIZES, *NUMBERS):
        texts += [word, f" {word}"]
    return texts


SPLITTER = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


@cache
def vocabulary() -> dict[str, int]:
    """Special tokens, markers, the 256 bytes, then figures' words by frequency."""
    words = Counter(piece for text in corpus() for piece, _ in SPLITTER.pre_tokenize_str(text))
    frequent = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))]
    tokens = [*SPECIAL, *MARKERS, *sorted(pre_tokenizers.ByteLevel.alphabet()), *frequent]
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE: one token for every word of figures, bytes for everything else.

    The words need no merges because `ignore_merges` looks a whole word up first; that
    keeps the vocabulary, and with it the softmax over it, as small as it can be.
    """
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary(), merges=[], ignore_merges=True))
    tokenizer.pre_tokenizer = SPLITTER
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in MARKERS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        extra_special_tokens={"image_token": "<image>"},
        model_max_length=MAX_POSITIONS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def build_processor(tokenizer: PreTrainedTokenizerFast, strategy: str = "full") -> LlavaProcessor:
    """Any picture becomes 64 x 64 pixels in [-1, 1] and 16 image tokens."""
    images = SiglipImageProcessorPil(
        size={"height": SIDE, "width": SIDE},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
        do_convert_rgb=True,
    )
    return LlavaProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=CELL,
        vision_feature_select_strategy=strategy,
        num_additional_image_tokens=int(strategy == "default"),  # CLIP's class token
        chat_template=CHAT_TEMPLATE,
    )


def build_model(
    vocabulary: int, seed: int, architecture: str = "nano"
) -> LlavaForConditionalGeneration:
    """The model with random weights, float32."""
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(ARCHITECTURES[architecture](vocabulary))
    for module in model.model.vision_tower.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight, std=0.05)
    torch.nn.init.normal_(model.lm_head.weight, std=0.05)
    model.generation_config = GenerationConfig(
        bos_token_id=BOS,
        eos_token_id=EOS,
        pad_token_id=PAD,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        max_new_tokens=48,
    )
    return model.float()


def save(model: LlavaForConditionalGeneration, directory: Path) -> None:
    """Weights, configuration, tokenizer and processor, as transformers writes them."""
    strategy = model.config.vision_feature_select_strategy
    processor = build_processor(build_tokenizer(), strategy)
    model.save_pretrained(directory)
    processor.save_pretrained(directory)
    # transformers.js reads the picture settings and the chat template from their older
    # places, and knows no tokenizer class called TokenizersBackend.
    pictures = {"processor_class": "LlavaProcessor", **processor.image_processor.to_dict()}
    pictures["image_processor_type"] = "SiglipImageProcessor"
    _write_json(directory / "preprocessor_config.json", pictures)
    path = directory / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    settings |= {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": CHAT_TEMPLATE}
    _write_json(path, settings)
    (directory / "model.safetensors").chmod(0o644)
    # How Winnow should ask: no format prompt, and few tokens are enough.
    (directory / "winnow.json").write_text('{ "format": "none", "maxTokens": 32 }\n')


def _write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")
