"""The group of all commands, and how their errors reach the user."""

from __future__ import annotations

from errno import EPIPE
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from ..errors import ScheduleError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "program"]

#: Every command: the file it is in, which holds it under the file's own name, and what it does. A file is
#: imported when its command is called, so that no command waits for what another one needs.
COMMANDS = {
    "show": ("show", "Draw a schedule in the terminal."),
    "plot": ("plot", "Draw schedules to a picture or a page."),
    "table": ("table", "Print values at chosen steps, as CSV or JSON."),
    "design": ("design", "Draw a schedule in the browser."),
    "export": ("export", "Write a schedule as code that runs without Glidepath."),
    "import": ("import_", "Read schedules of other programs."),
    "diff": ("diff", "Say where two schedules differ."),
    "check": ("check", "Say what looks like a mistake, before training."),
    "compare": ("compare", "Train with several schedules and rank them."),
    "predict": ("predict", "Compare what schedules guarantee, without training."),
    "replan": ("replan", "Find the best way to go on with a run whose end has moved."),
}

#: What to install for a package that is missing.
EXTRAS = {
    "hydra": "hydra",
    "jax": "jax",
    "joblib": "lab",
    "matplotlib": "plot",
    "numpy": "lab",
    "omegaconf": "hydra",
    "optax": "optax",
    "scipy": "theory",
    "torch": "torch",
    "tqdm": "lab",
    "yaml": "yaml",
}


class _Refused(click.ClickException):
    """Something that the user can put right."""

    exit_code = 2


class _Program(click.Group):
    """A group that knows its commands by name, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        file = COMMANDS[cmd_name][0]
        command: click.Command = getattr(import_module(f".{file}", __package__), file)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from ..errors import unknown

            unknown("glidepath", "command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=help) for name, (_, help) in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing was written.", err=True)
            ctx.exit(130)  # 128 + SIGINT, as shells have it
        except ScheduleError as error:
            raise _Refused(" ".join(str(error).splitlines())) from error
        except OSError as error:
            if error.errno == EPIPE:  # the reader has seen enough: click ends quietly
                raise
            raise _Refused(f"{error.filename or 'output'}: {error.strerror or error}") from error
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            raise _Refused(f'{error.name} is not installed: pip install "glidepath[{EXTRAS[error.name]}]"') from error


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="glidepath", prog_name="glidepath")
def program() -> None:
    """Learning-rate schedules: look at them, judge them, and try them on a real training."""
