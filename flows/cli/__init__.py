"""The subcommands of `stargrove`. Each module imports what it needs inside its function, so that --help stays fast."""
