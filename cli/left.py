"""What is told where the server keeps the name of a login that is shut."""

from cli.console import console


def tell_left(left: str) -> None:
    console.print(
        f"登录已停用，但名称还在：{left}。由管理员在所说的数据库中 drop owned by，再 drop role。 "
        f"Nobody comes in with the login any more, but its name stays ({left}): an administrator runs `drop owned by "
        "LOGIN` in the database it names, then `drop role LOGIN`.",
        soft_wrap=True,
    )
