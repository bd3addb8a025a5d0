"""The Prefect settings that server and client of one home share, as environment variables. No Prefect import."""

from pathlib import Path

HOST = "127.0.0.1"

_CLIENT_RETRIES = 7
"""After 2, 4, 8 ... s: four minutes, for a server that is started again on a busy machine (Prefect's 5: one minute)."""


def api_url(port: int) -> str:
    """Return the address of the API of a server on this machine."""
    return f"http://{HOST}:{port}/api"


def shared_environment(home: Path) -> dict[str, str]:
    """Return what both sides need: the home's own Prefect folder, and nothing sent to anyone."""
    return {
        "PREFECT_HOME": str(prefect_folder(home)),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def server_environment(home: Path, port: int) -> dict[str, str]:
    """Return the server's settings: SQLite in the home, the first UI (the second one calls an outside host)."""
    return {
        **shared_environment(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{prefect_folder(home)}/prefect.db",
        "PREFECT_SERVER_UI_API_URL": api_url(port),
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }


def client_environment(home: Path, url: str) -> dict[str, str]:
    """Return the settings of the process that runs flows: its log lines go to the UI; the command itself says what failed."""
    return {
        **shared_environment(home),
        "PREFECT_API_URL": url,
        "PREFECT_CLIENT_MAX_RETRIES": str(_CLIENT_RETRIES),
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    }


def prefect_folder(home: Path) -> Path:
    """Return the folder of a home that holds its Prefect history, as an absolute path."""
    return home.resolve() / "prefect"
