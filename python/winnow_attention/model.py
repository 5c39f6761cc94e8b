"""A model directory or hub name, loaded; prompts and responses as tensors for it."""

import base64
import binascii
import io
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor
from transformers import AutoModelForImageTextToText, AutoProcessor

from .last_layer import LastLayer


class UnusableInputError(ValueError):
    """A prompt or a response that this model cannot take, and why."""


@dataclass(frozen=True)
class Response:
    """One sampled response; `token_ids` hold the end token when the model produced it."""

    text: str
    token_ids: list[int] | None = None
    finish: str = "stop"
    response_tokens: int | None = None
    """As the server counted them; a mismatch is reported."""
    prompt_tokens: int | None = None
    """Likewise; other pixel limits or another chat template show here."""


@dataclass(frozen=True)
class Sequence:
    """Prompt and response, ready for one row of a batch."""

    tokens: dict[str, Tensor]
    """by name, each [1, tokens]"""
    pixels: dict[str, Tensor] = field(repr=False)
    """by name, joined along their first axis in a batch"""
    start: int
    """tokens of the prompt; the response takes the rest"""
    mismatch: bool
    """prompt or response, tokenised here, are not the tokens the server had"""

    @property
    def length(self) -> int:
        return self.tokens["input_ids"].shape[1]

    @property
    def kind(self) -> tuple:
        """Sequences of one kind can share a batch."""
        return tuple((name, tuple(value.shape[1:])) for name, value in sorted(self.pixels.items()))


class Model:
    """Processor and model of one name; `kernel`: attention of the layers below the last."""

    def __init__(
        self,
        path: str,
        device: str = "cpu",
        dtype: str = "float32",
        kernel: str = "sdpa",
        eager: bool = False,
        template: dict | None = None,
        processor: dict | None = None,
    ):
        """`template`: further chat-template variables; `processor`: its settings (pixel limits)."""
        self.name = path
        self.device = device
        self.dtype = dtype
        self.template = template or {}
        self.processor = AutoProcessor.from_pretrained(path, **(processor or {}))
        self.tokenizer = self.processor.tokenizer
        model = AutoModelForImageTextToText.from_pretrained(
            path, dtype=getattr(torch, dtype), attn_implementation=kernel
        )
        self.layer = LastLayer(model.to(device).eval(), eager)
        config = model.config
        self.image_token = getattr(config, "image_token_id", None)
        if self.image_token is None:
            self.image_token = getattr(config, "image_token_index", None)
        self.context = getattr(config.get_text_config(), "max_position_embeddings", None)
        self.end_token = self._find_end_token(model.generation_config.eos_token_id)

    def read_prompt(self, parts: list[dict]) -> dict[str, Tensor]:
        """One user turn of {type: text, text} and {type: image, image: data URI} parts."""
        content = [
            {"type": "image", "image": read_image(part["image"])}
            if part["type"] == "image"
            else {"type": "text", "text": part["text"]}
            for part in parts
        ]
        try:
            found = self.processor.apply_chat_template(
                [{"role": "user", "content": content}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                **self.template,
            )
        except (ValueError, LookupError, TypeError) as error:
            raise UnusableInputError(f"the processor refuses the prompt: {error}") from error
        return {name: value for name, value in found.items() if isinstance(value, Tensor)}

    def join(self, prompt: dict[str, Tensor], response: Response) -> Sequence:
        """The prompt's tensors with the response's tokens after them."""
        retokenised = self.encode(response)
        ids = retokenised if response.token_ids is None else response.token_ids
        counted = len(ids) if response.response_tokens is None else response.response_tokens
        shape = prompt["input_ids"].shape
        if not ids:
            raise UnusableInputError("the response has no tokens")
        vocabulary = self.layer.model.get_input_embeddings().num_embeddings
        if min(ids) < 0 or max(ids) >= vocabulary:
            raise UnusableInputError(
                f"token id {max(ids)} of the response is outside the model's {vocabulary} tokens; "
                "it was not made with this model"
            )
        if self.image_token in ids:
            raise UnusableInputError(
                f"the response holds the model's image token ({self.image_token}), for which there "
                "is no image"
            )
        if self.context is not None and shape[1] + len(ids) > self.context:
            raise UnusableInputError(
                f"a response of {len(ids)} tokens after a prompt of {shape[1]} is over the "
                f"{self.context} tokens this model takes together"
            )
        tokens, pixels = {}, {}
        for name, value in prompt.items():
            if value.shape == shape:
                tail = torch.zeros(1, len(ids), dtype=value.dtype)
                if name == "input_ids":
                    tail += torch.tensor([ids])
                elif name == "attention_mask":
                    tail += 1
                tokens[name] = torch.cat([value, tail], 1)
            else:
                pixels[name] = value
        mismatch = counted != len(ids) or response.prompt_tokens not in (None, shape[1])
        mismatch |= response.text != "" and retokenised != ids
        return Sequence(tokens, pixels, shape[1], mismatch)

    def encode(self, response: Response) -> list[int]:
        """A response's text as tokens, with the end token when it ended."""
        ids = self.tokenizer(response.text, add_special_tokens=False)["input_ids"]
        ended = response.finish == "stop" and self.end_token is not None
        return [*ids, self.end_token] if ended else ids

    def decode(self, token: int) -> str:
        return self.tokenizer.decode([token])

    def load(self, sequences: list[Sequence]) -> dict[str, Tensor]:
        """One batch on the model's device, in its precision. -> each [batch, …]"""
        return self._place(collate(sequences, self.end_token or 0))

    def load_shared(self, sequences: list[Sequence]) -> tuple[dict[str, Tensor], Tensor]:
        """The prompt of sequences that share it, and their responses. -> each [1, …]; [batch, …]"""
        first = sequences[0]
        prompt = {name: value[:, : first.start] for name, value in first.tokens.items()}
        responses = [one.tokens["input_ids"][0, first.start :] for one in sequences]
        padded = torch.nn.utils.rnn.pad_sequence(responses, True, self.end_token or 0)
        return self._place(prompt | first.pixels), padded.to(self.device)

    def _place(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """On the model's device, in its precision."""
        precise = getattr(torch, self.dtype)
        return {
            name: value.to(self.device, precise if value.is_floating_point() else None)
            for name, value in tensors.items()
        }

    def _find_end_token(self, configured: int | list[int] | None) -> int | None:
        """The end token that the chat template writes after an answer, among the model's."""
        known = [configured] if isinstance(configured, int) else configured or []
        turns = [
            {"role": role, "content": [{"type": "text", "text": "a"}]}
            for role in ("user", "assistant")
        ]
        if len(known) > 1:
            text = self.processor.apply_chat_template(turns, tokenize=False, **self.template)
            written = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            last = [token for token in written if token in known]
            if last:
                return last[-1]
        return known[0] if known else self.tokenizer.eos_token_id


def collate(sequences: list[Sequence], pad_token: int) -> dict[str, Tensor]:
    """One batch of sequences of one kind, padded on the right. -> each [batch, …]

    Padding is not masked: no token sees what comes after it, and with a mask of ones the kernel
    needs no tokens × tokens mask.
    """
    longest = max(sequence.length for sequence in sequences)
    padding = {"input_ids": pad_token, "attention_mask": 1}
    pad = torch.nn.functional.pad
    batch = {
        name: torch.cat(
            [
                pad(one.tokens[name], (0, longest - one.length), value=padding.get(name, 0))
                for one in sequences
            ]
        )
        for name in sequences[0].tokens
    }
    pixels = {
        name: torch.cat([one.pixels[name] for one in sequences]) for name in sequences[0].pixels
    }
    return batch | pixels


def read_image(uri: str) -> Image.Image:
    """A `data:image/…;base64,` address as a picture; as stored, EXIF orientation not applied."""
    head, comma, data = uri.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64") and comma):
        raise UnusableInputError("an image should be a `data:…;base64,` address")
    try:
        return Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")
    except (binascii.Error, OSError, ValueError, Image.DecompressionBombError) as error:
        raise UnusableInputError(f"an image cannot be read: {error}") from error
