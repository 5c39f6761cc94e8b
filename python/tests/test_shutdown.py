"""SIGTERM lets the request in progress finish, takes no new one, and ends the process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAPER = {"sigma": 2, "heads": "mean", "minSpan": 1, "span": "suffix", "normalise": False}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(holds, process: subprocess.Popen, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)


def test_sigterm_lets_the_request_in_progress_finish():
    url = f"http://127.0.0.1:{(port := free_port())}"

    def read(path: str, body: dict | None = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.read().decode()

    def answers() -> bool:
        try:
            return '"ok"' in read("/health")
        except OSError:
            return False

    command = ["-m", "winnow_attention", "--model", str(ROOT / "models/nano"), "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, *command, "--port", str(port)],
        cwd=ROOT / "python",
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(answers, process)
        asked = {
            "optionSets": {"paper": PAPER},
            "prompts": [[{"type": "text", "text": "What color is it?"}]],
            "responses": [{"prompt": 0, "text": f"red {at}"} for at in range(1024)],
        }
        got: list[str] = []
        client = threading.Thread(target=lambda: got.append(read("/v1/attention", asked)))
        client.start()
        wait_for(lambda: "_requests_in_flight 1" in read("/metrics"), process)
        process.send_signal(signal.SIGTERM)
        client.join(120)
        results = json.loads(got[0])["results"]
        assert len(results) == 1024 and all("psi" in one for one in results)
        # uvicorn raises the signal again once it has finished.
        assert process.wait(60) in (0, -signal.SIGTERM)
        assert not answers()
    finally:
        process.kill()
