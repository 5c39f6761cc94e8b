/** What `winnow serve` has done since it was started. */
export class ServeMetrics {
  requests = 0;
  refused = 0;
  responses = 0;
  promptTokens = 0;
  responseTokens = 0;
  seconds = 0;

  /** In Prometheus' text form; `running`: requests under way. */
  render(running: number): string {
    const rows: [name: string, type: string, help: string, value: number][] = [
      ["requests_running", "gauge", "Chat completions under way", running],
      ["requests_total", "counter", "Chat completions answered, refusals included", this.requests],
      ["refused_total", "counter", "Chat completions refused", this.refused],
      ["responses_total", "counter", "Responses sampled", this.responses],
      ["prompt_tokens_total", "counter", "Prompt tokens, once a request", this.promptTokens],
      ["generation_tokens_total", "counter", "Response tokens", this.responseTokens],
      ["request_seconds_total", "counter", "Seconds that chat completions took, summed", this.seconds],
    ];
    const render = ([name, type, help, value]: (typeof rows)[number]): string =>
      `# HELP winnow_${name} ${help}\n# TYPE winnow_${name} ${type}\nwinnow_${name} ${value}\n`;
    return rows.map(render).join("");
  }
}
