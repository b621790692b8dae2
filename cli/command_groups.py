"""The help of ``minzheng`` in groups, in Chinese and English: which command is whose, in the order shown."""

from inspect import cleandoc
from typing import Any

from typer.core import TyperCommand, TyperGroup

# Group, then command and its Chinese line. The English one is the command's own first sentence.
GROUPS: dict[str, dict[str, str]] = {
    "日常运行 Daily running": {
        "run": "落地、检查、构建、发布全部新内容。",
        "status": "现行世代、各来源数据截至日、拒收与暂扣。",
        "land": "只落地：每一行进入 raw 或拒收清单。",
        "gate": "只检查已落地、待检查的交付。",
        "build": "只构建、检查、发布已接受的交付。",
        "accept": "放行一份暂扣的交付。",
        "withdraw": "撤回一份已落地的交付，如同从未收到。",
        "pull": "从来源系统取一个来源的新内容，放入交换目录。",
        "backfill": "补落一个来源缺交的日子。",
        "return-list": "写出整改单，每个报送单位一份，值已脱敏。",
        "rollback": "让读者立即改看较早的世代。",
        "inbox": "交换目录中无人读取的内容。",
        "inbox list": "列出无人读取的内容，及谁认可、为何。",
        "inbox ignore": "认可一处无人读取的内容。",
        "alert": "告警：迟交、暂扣、拒收、未发布、失败。",
        "alert list": "列出原因尚在的告警，重者在先。",
        "alert send": "立即查找原因并发送新告警。",
        "alert remind": "以邮件提醒核对员在办疑点的到期与逾期，每日一次。",
    },
    "核对员 Officers": {
        "findings": "列出疑点，未处理且严重者在先。",
        "explain": "说明一条疑点、一处人员提及或一户的经济状况，附来源行。",
        "finding": "处理疑点：工作清单、处理意见。",
        "finding worklist": "接下来要核实的疑点，按能办的数量。",
        "finding import": "导入填好的工作清单，全部或全不。",
        "finding decide": "登记对一条疑点的处理。",
        "review": "由人判断的身份案例。",
        "review list": "列出可能是同一人的提及，附理由。",
        "review decide": "登记判断：同一人、不同人、未定。",
        "authorization": "授权书：人工登记与撤回。",
        "authorization add": "登记签署授权书的人。",
        "authorization revoke": "立即撤回授权书，不再恢复。",
        "report": "把已出具的核对报告写成 PDF，按原样。",
        "statistics": "统计报表（Excel），人数很少的格隐去。",
        "statistics monthly": "一个月的领取人数与金额：按待遇、年龄段与性别，按街道与村。",
        "statistics quarterly": "民政事业统计季报中社会救助的数据。",
    },
    "审计 Auditors": {
        "audit": "核对日志：是否完整、锚定、谁查了谁。",
        "audit verify": "查出日志中任何改动、删除、调换或截断。",
        "audit anchor": "把日志已到何处（SM3）写入库外文件。",
        "audit who-read": "谁在何时、为何、凭何查过某人。",
        "audit reproduce": "按原世代重新作出一份报告，并列出与今日的差别。",
    },
    "分析与数据工程 Analysts and engineers": {
        "contract": "为没有接口说明的文件起草契约，并试运行。",
        "contract draft": "由文件起草契约：格式、列、代码、所属记录，每项附依据与把握。",
        "contract try": "按契约试收文件：首几条规范记录、拒收及其原因、通过比例；不用数据仓库。",
        "psql": "在数据仓库上打开 psql。",
        "docs": "写出模型文档：血缘、字段、使用者。",
        "evaluate": "对照已知真值，为人员识别与规则评分。",
        "demo": "造一座虚构的城镇，完整运行一遍。",
    },
    "系统管理 Administration": {
        "bureau": "本局目录：契约、参数、抬头。",
        "bureau new": "建立一个带注释的本局目录。",
        "doctor": "检查机器、数据库、本局目录与派生文件。",
        "migrate": "把数据库升到本版本，并告知版本号。",
        "backup": "备份、恢复与恢复演练。",
        "backup key": "生成备份密钥：私钥写入文件另行保管，公钥写入设置。",
        "backup take": "立即做一份整库备份，登录也在内；清理过期备份。",
        "backup follow": "随时写下每一处更改，到期做整库备份；作为服务运行。",
        "backup list": "列出整库备份、更改写至何时、有无缺口。",
        "backup restore": "把数据库恢复到一个目录：至最后一处更改，或至某一时刻。",
        "backup drill": "恢复到第二个数据库并逐项检查，告知用时与损失。",
        "retention": "清理按设置不再保留的内容。",
        "metrics": "以 Prometheus 的格式告知状况：世代、来源、告警、磁盘、备份。",
        "serve": "以 HTTP 向审批系统提供 api_v1。",
        "token": "审批系统的访问令牌。",
        "token add": "为客户新建令牌，只显示一次；运行中的服务几秒内即认。",
        "token list": "列出令牌：客户、区划、起止、最近使用、是否有效。",
        "token secret": "告知某客户的回调签名密钥。",
        "token withdraw": "撤回令牌，不再恢复；运行中的服务几秒内即拒。",
        "desk": "打开核对工作台（网页）：处理疑点。",
        "officer": "核对员及其工作台账号。",
        "officer add": "新建核对员（或审计人员）的登录与账号，只显示一次初始密码与动态码。",
        "officer list": "列出核对员及其区划、锁定与未登录。",
        "officer reset": "重发初始密码与动态码，并退出其会话。",
        "officer head": "定为科室负责人（或取消）：看到本区划逾期的，可为下属定代办人。",
        "officer mail": "登记核对员收到期提醒的电子邮箱。",
        "officer leave": "注销核对员；决定保留，在办疑点放回。",
        "staff": "人员入职、调整、离职及其权限。",
        "staff join": "入职：登录、角色、区划，核对员另有工作台账号；密码只显示一次。",
        "staff move": "调整：只有这些角色与区划；退出会话，在办疑点放回。",
        "staff leave": "离职：登录、角色、区划、账号与会话一并取消；决定保留。",
        "staff rights": "写出权限清单（含最近使用），供核对签字。",
        "emergency": "应急登录：限时、有原因、有告警。",
        "emergency open": "开通限时的应急登录，只显示一次。",
        "emergency end": "删除应急登录并断开其连接；所做的留痕保留。",
        "emergency list": "列出全部应急登录：为何、为谁、到何时、何时结束。",
        "server": "内嵌的 PostgreSQL。",
        "server start": "启动并保持运行。",
        "server stop": "停止。",
    },
    "开发 Developers": {
        "dbt": "在所用仓库上运行 dbt 的任何命令。",
        "sync": "重写由契约、目录等派生的文件。",
    },
}


class GroupedHelp(TyperGroup):
    """Commands under the titles of their groups, in that order; each with its Chinese line before the English.

    A command that stands in no group comes last, under "Commands"; a test lets none.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        place = 0
        self.places: dict[str, int] = {}
        for title, lines in GROUPS.items():
            for path, chinese in lines.items():
                command = find(self, path)
                if command is None:
                    continue
                english = cleandoc(command.help or "")
                command.help = f"{chinese}\n\n{english}"
                # In a list both stand on lines of their own (\b keeps the break), the English one shortened.
                command.short_help = f"\b\n{chinese}\n{english.partition('. ')[0].rstrip('.')}."
                if command.name == path:
                    command.rich_help_panel = title
                    self.places[path] = place = place + 1

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(
            super().list_commands(ctx), key=lambda name: self.places.get(name, len(self.places) + 1)
        )


def find(group: TyperGroup, path: str) -> TyperCommand | TyperGroup | None:
    """The command at a path such as ``audit verify``, or None."""
    found: Any = group
    for name in path.split():
        found = found.commands.get(name) if isinstance(found, TyperGroup) else None
    return found
