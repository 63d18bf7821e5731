"""The group of all commands, and how their errors reach the user."""

from __future__ import annotations

from typing import Any

import click

from ..errors import ScheduleError
from .check import check
from .compare import compare
from .predict import predict
from .replan import replan
from .show import show

__all__ = ["program"]

#: What to install for a package that is missing.
EXTRAS = {
    "joblib": "lab",
    "numpy": "lab",
    "tqdm": "lab",
    "yaml": "yaml",
    "jax": "jax",
    "torch": "torch",
    "scipy": "theory",
}


class _Refused(click.ClickException):
    """Something that the user can put right."""

    exit_code = 2


class _Program(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing was written.", err=True)
            ctx.exit(130)  # 128 + SIGINT, as shells have it
        except ScheduleError as error:
            raise _Refused(" ".join(str(error).splitlines())) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise _Refused(f"{error.filename}: {error.strerror}") from error
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            raise _Refused(f'{error.name} is not installed: pip install "glidepath[{EXTRAS[error.name]}]"') from error


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="glidepath", prog_name="glidepath")
def program() -> None:
    """Learning-rate schedules: look at them, judge them, and try them on a real training."""


for command in (check, compare, predict, replan, show):
    program.add_command(command)
