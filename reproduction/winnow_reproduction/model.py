"""The nano model before training: tokenizer, processor, chat template, configuration.

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
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
    SiglipVisionConfig,
)

from .questions import FAMILIES, ask
from .scenes import CELL, COLORS, GRID, SHAPES, SIDE, SIZES
from .text_questions import IRRELEVANT_FAMILIES, LANGUAGE_FAMILIES, NUMBERS, ask_text

SPECIAL = ("<pad>", "<bos>", "<eos>", "<image>", "<user>", "<assistant>")
# Ordinary tokens for the tokenizer, so that decoding keeps them: graders read them.
# The leading space of the last one is part of it.
MARKERS = ("<think>", "</think>", " \\boxed{")
PAD, BOS, EOS, IMAGE, USER, ASSISTANT = range(len(SPECIAL))
IMAGE_TOKENS = GRID * GRID
MAX_POSITIONS = 4096  # tokens

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


def build_processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
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
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
        chat_template=CHAT_TEMPLATE,
    )


def build_config(vocabulary: int) -> LlavaConfig:
    """A LLaVA with a SigLIP tower (no class token) and a Llama decoder, 0.4 M parameters."""
    vision = SiglipVisionConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=SIDE,
        patch_size=CELL,
        vision_use_head=False,
    )
    text = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=96,
        intermediate_size=192,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=MAX_POSITIONS,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        initializer_range=0.05,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
    )
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=IMAGE,
        image_seq_length=IMAGE_TOKENS,
        projector_hidden_act="gelu",
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        tie_word_embeddings=True,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
    )


def build_model(vocabulary: int, seed: int) -> LlavaForConditionalGeneration:
    """The model with random weights, float32."""
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(build_config(vocabulary))
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
    processor = build_processor(build_tokenizer())
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
