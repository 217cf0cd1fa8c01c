"""The command of wrk, the client that keeps its connections."""

from load import Client

# wrk's own report is for people; this is the same summary for a program.
SUMMARY_LUA = """\
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('summary {"requests": %d, "seconds": %.6f, "p99_ms": %.3f, ' ..
    '"not_2xx": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e3,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
"""

PIPELINE_LUA = """\
local batch
init = function()
  batch = string.rep(wrk.format("GET"), %d)
end
request = function() return batch end
"""


def command(scenario, port, seconds, directory):
    """Writes the script of a scenario to `directory`; returns the words that run it."""
    script = directory / f"{scenario.name}.lua"
    script.write_text(lua(scenario))
    flags = ["-t1", f"-c{scenario.connections}", f"-d{seconds}s", "-s", str(script)]
    scheme = "https" if scenario.tls else "http"
    return ["wrk", *flags, f"{scheme}://127.0.0.1:{port}{scenario.resource.path}"]


def lua(scenario):
    pipeline = PIPELINE_LUA % scenario.pipelined if scenario.pipelined > 1 else ""
    return pipeline + SUMMARY_LUA


CLIENT = Client(command)
