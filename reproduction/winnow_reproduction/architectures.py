"""The two architectures of the study, by name. Both get the same tokenizer, pictures and recipe.

They share nothing but LLaVA's wiring: `nano` looks with a SigLIP tower and answers with a
Llama decoder; `nano-qwen` looks with a CLIP tower (class token, norm before the layers,
quick GELU) and answers with a deeper Qwen3 decoder (three query heads to a key head, normed
queries and keys).
"""

from collections.abc import Callable

from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    Qwen3Config,
    SiglipVisionConfig,
)

from .scenes import CELL, GRID, SIDE

SPECIAL = ("<pad>", "<bos>", "<eos>", "<image>", "<user>", "<assistant>")
PAD, BOS, EOS, IMAGE, USER, ASSISTANT = range(len(SPECIAL))
IMAGE_TOKENS = GRID * GRID
MAX_POSITIONS = 4096  # tokens
ENDS = {"pad_token_id": PAD, "bos_token_id": BOS, "eos_token_id": EOS}
TOWER = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "image_size": SIDE,
    "patch_size": CELL,
}
DECODER = {
    "hidden_size": 96,
    "intermediate_size": 192,
    "max_position_embeddings": MAX_POSITIONS,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
    "initializer_range": 0.05,
    **ENDS,
}


def _llava(vision: object, text: object, strategy: str) -> LlavaConfig:
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=IMAGE,
        image_seq_length=IMAGE_TOKENS,
        projector_hidden_act="gelu",
        vision_feature_select_strategy=strategy,
        vision_feature_layer=-1,
        tie_word_embeddings=True,
        **ENDS,
    )


def nano(vocabulary: int) -> LlavaConfig:
    """SigLIP and Llama, 0.45 M parameters: the model that ships with Winnow."""
    vision = SiglipVisionConfig(num_attention_heads=4, vision_use_head=False, **TOWER)
    text = LlamaConfig(
        vocab_size=vocabulary,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        **DECODER,
    )
    return _llava(vision, text, "full")


def nano_qwen(vocabulary: int) -> LlavaConfig:
    """CLIP and Qwen3, 0.5 M parameters: the study's second model."""
    vision = CLIPVisionConfig(num_attention_heads=2, **TOWER)
    text = Qwen3Config(
        vocab_size=vocabulary,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=2,
        head_dim=16,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        **DECODER,
    )
    return _llava(vision, text, "default")


ARCHITECTURES: dict[str, Callable[[int], LlavaConfig]] = {"nano": nano, "nano-qwen": nano_qwen}
