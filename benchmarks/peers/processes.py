"""Processes under measurement: started on a CPU of their own, read from outside, ended by pid."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time

STOP_SECONDS = 10


class CannotMeasure(Exception):
    """The measurement cannot be made here; the message says what to do about it."""


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def raise_descriptor_limit():
    """Lets this process and those it starts open as many descriptors as the hard limit allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def exit_on_sigterm():
    """Makes SIGTERM unwind the stack, so that the processes started here are ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def separate_cpus():
    """The CPU for the server and the CPU for the client: the first two this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise CannotMeasure("two CPUs are needed, one for the server and one for the client")
    return usable[0], usable[1]


@contextlib.contextmanager
def running(command, log_path, cpu=None, environment=None):
    """Runs `command`, its output going to `log_path`, pinned to `cpu` when one is given, with what
    `environment` adds to ours."""
    pin = None if cpu is None else lambda: os.sched_setaffinity(0, {cpu})
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=pin,
            env=os.environ | (environment or {}),
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process, seconds=STOP_SECONDS):
    """Ends a process by its pid: asked first, killed when it does not listen."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_listening(process, port, seconds):
    """Returns when `port` accepts connections; raises when the process ends or time is up first."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise CannotMeasure(f"{process.args[0]} did not listen on port {port} within {seconds} s")


def cpu_seconds(pid):
    """Seconds the process has spent on a CPU, all of its threads, to the nanosecond.

    This is the process' CPU clock, clock_getcpuclockid(3). /proc/PID/task/*/schedstat reads the
    same counter, but lags by up to a tick while a thread runs and forgets threads that ended;
    /proc/PID/stat counts in ticks of 10 ms.
    """
    return time.clock_gettime((~pid << 3) | 2)


def user_and_system_ticks(pid):
    """CPU time in user space and in the kernel, in ticks: fine enough for their proportion."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def memory(pid):
    """Bytes of user memory by kind, as /proc/PID/smaps_rollup names them.

    "Pss" is all of it, what is shared with other processes counted in proportion; "Pss_Anon" the
    part that is of no file. Memory the kernel holds for the process is not included.
    """
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        lines = [line.split() for line in rollup if line.endswith(" kB\n")]
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}
