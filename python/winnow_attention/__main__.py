"""`winnow-attention --model …`: loads one model and serves its attention until it is stopped."""

import argparse
import json
import os

import uvicorn

from .device import NoDeviceError, choose_device, choose_dtype
from .measure import Meter
from .model import Model
from .server import new_app


def main(arguments: list[str] | None = None) -> None:
    """SIGTERM and Ctrl-C let the requests in progress finish."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        device = choose_device(given.device)
    except NoDeviceError as error:
        parser.error(str(error))
    dtype = choose_dtype(given.dtype, device)
    model = Model(
        given.model,
        device,
        dtype,
        given.kernel,
        eager=given.eager,
        template=given.chat_template_kwargs,
        processor=given.processor_kwargs,
    )
    meter = Meter(model, given.batch_tokens, given.share_tokens)
    app = new_app(meter, os.environ.get("WINNOW_ATTENTION_API_KEY"))
    print(f"{given.model} on {device}, {dtype}: http://{given.host}:{given.port}", flush=True)
    uvicorn.run(app, host=given.host, port=given.port, log_level="warning")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("winnow-attention", description=__doc__)
    add = parser.add_argument
    add("--model", required=True, help="model directory, or name on the Hugging Face hub")
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=8712, help="port to listen on (%(default)s)")
    add("--device", default="auto", help="auto, cpu, cuda, cuda:1, … or mps (%(default)s)")
    add(
        "--dtype",
        default="auto",
        choices=["auto", "bfloat16", "float16", "float32"],
        help="auto: bfloat16 on CUDA (float16 on cards without it), else float32",
    )
    add("--kernel", default="sdpa", help="attention kernel: sdpa, flash_attention_2 (%(default)s)")
    add("--batch-tokens", type=int, default=16384, help="tokens of a batch at most (%(default)s)")
    add(
        "--share-tokens",
        type=int,
        default=512,
        help="pass a prompt once for all its responses where that spares so many tokens "
        "(%(default)s)",
    )
    add("--eager", action="store_true", help="compute the last layer's whole table, to compare")
    add("--chat-template-kwargs", type=json.loads, help='e.g. {"enable_thinking": false}')
    add("--processor-kwargs", type=json.loads, help='e.g. {"max_pixels": 1003520}')
    return parser


if __name__ == "__main__":
    main()
