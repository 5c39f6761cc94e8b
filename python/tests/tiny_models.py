"""Tiny random models of the real classes, and inputs as their processors would make them."""

import torch
import transformers as hf
from torch import Tensor

TEXT = {
    "vocab_size": 120,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}
IMAGE = 101
MROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}


def llava():
    return hf.LlavaForConditionalGeneration, hf.LlavaConfig(
        text_config=hf.LlamaConfig(**TEXT),
        vision_config=hf.SiglipVisionConfig(**VISION, vision_use_head=False),
        image_token_index=IMAGE,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )


def qwen2_vl():
    vision = {
        "depth": 2,
        "embed_dim": 32,
        "hidden_size": 32,
        "num_heads": 2,
        "patch_size": 8,
        "mlp_ratio": 2,
    }
    return hf.Qwen2VLForConditionalGeneration, hf.Qwen2VLConfig(
        text_config={**TEXT, "rope_parameters": MROPE},
        vision_config=vision,
        **_qwen_tokens(),
    )


def qwen2_5_vl():
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_heads": 2,
        "patch_size": 8,
        "out_hidden_size": 32,
        "window_size": 32,
        "fullatt_block_indexes": [1],
    }
    return hf.Qwen2_5_VLForConditionalGeneration, hf.Qwen2_5_VLConfig(
        text_config={**TEXT, "rope_parameters": MROPE}, vision_config=vision, **_qwen_tokens()
    )


def qwen3_vl():
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_heads": 2,
        "patch_size": 8,
        "out_hidden_size": 32,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    }
    rope = {**MROPE, "mrope_section": [2, 1, 1], "mrope_interleaved": True}
    return hf.Qwen3VLForConditionalGeneration, hf.Qwen3VLConfig(
        text_config={**TEXT, "head_dim": 8, "rope_parameters": rope},
        vision_config=vision,
        **_qwen_tokens(),
    )


def internvl():
    vision = {**VISION, "image_size": [32, 32], "patch_size": [8, 8], "use_mean_pooling": False}
    return hf.InternVLForConditionalGeneration, hf.InternVLConfig(
        text_config=hf.Qwen2Config(**TEXT),
        vision_config=vision,
        image_token_id=IMAGE,
        downsample_ratio=0.5,
    )


def smolvlm():
    return hf.SmolVLMForConditionalGeneration, hf.SmolVLMConfig(
        text_config=hf.LlamaConfig(**TEXT),
        vision_config=VISION,
        image_token_id=IMAGE,
        scale_factor=2,
    )


def idefics3():
    return hf.Idefics3ForConditionalGeneration, hf.Idefics3Config(
        text_config=hf.LlamaConfig(**TEXT),
        vision_config=VISION,
        image_token_id=IMAGE,
        scale_factor=2,
    )


def gemma3(last: str = "full_attention"):
    text = {
        **TEXT,
        "head_dim": 8,
        "sliding_window": 12,
        "query_pre_attn_scalar": 20,
        "layer_types": ["sliding_attention", "full_attention", last],
    }
    return hf.Gemma3ForConditionalGeneration, hf.Gemma3Config(
        text_config=text,
        vision_config={**VISION, "vision_use_head": False},
        mm_tokens_per_image=4,
        image_token_index=IMAGE,
        boi_token_index=110,
        eoi_token_index=111,
    )


def gemma3_sliding():
    return gemma3("sliding_attention")


FAMILIES = {
    one.__name__: one
    for one in (
        llava,
        qwen2_vl,
        qwen2_5_vl,
        qwen3_vl,
        internvl,
        smolvlm,
        idefics3,
        gemma3,
        gemma3_sliding,
    )
}


def build(family: str, kernel: str, **text) -> torch.nn.Module:
    """The family's model with weights of seed 0; `text` overrides its decoder's configuration."""
    torch.manual_seed(0)
    kind, config = FAMILIES[family]()
    for name, value in text.items():
        setattr(config.get_text_config(), name, value)
    model = kind._from_config(config, attn_implementation=kernel).eval()
    with torch.no_grad():
        # Sharp attention, so that a wrong mask, scale or rotation shows.
        for name, weight in model.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                weight.normal_(0, 0.5)
    return model


def inputs(family: str, response: list[int], before: int = 5) -> tuple[dict[str, Tensor], int]:
    """A prompt with one image, and a response. -> tensors, prompt length"""
    generator = torch.Generator().manual_seed(before)
    images = {"llava": 16, "qwen3_vl": 4}.get(family, 4)
    prompt = [*range(2, 2 + before), *[IMAGE] * images, 9, 10, 11]
    ids = torch.tensor([[*prompt, *response]])
    found = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if family.startswith("qwen"):
        found["pixel_values"] = torch.randn(16, 3 * 2 * 8 * 8, generator=generator)
        found["image_grid_thw"] = torch.tensor([[1, 4, 4]])
        found["mm_token_type_ids"] = (ids == IMAGE).long()
    elif family in ("smolvlm", "idefics3"):
        found["pixel_values"] = torch.randn(1, 1, 3, 32, 32, generator=generator)
    else:
        found["pixel_values"] = torch.randn(1, 3, 32, 32, generator=generator)
    if family.startswith("gemma3"):
        found["token_type_ids"] = (ids == IMAGE).long()
    return found, len(prompt)


def _qwen_tokens() -> dict[str, int]:
    return {
        "image_token_id": IMAGE,
        "video_token_id": 102,
        "vision_start_token_id": 103,
        "vision_end_token_id": 104,
    }
