<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
 <context>
  <name>Studio</name>
  <message>
   <source> s</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>* is needed</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>/path/to/program --option 'an argument'</source>
   <translation type="unfinished" />
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
   <source>A folder is moved at the next start, before anything in it is opened: copied, compared, and only then used. What it was stays beside, in a folder named moved, until you delete that.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A message with attachments can't be told to a run that works; it is sent after it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A server asks</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>About Loom Studio</source>
   <translation type="unfinished" />
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
   <source>Accept proposal</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Action</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add a model…</source>
   <translation type="unfinished" />
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
   <source>Address</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agent editor</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agent file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agent file text</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Agents</source>
   <translation type="unfinished" />
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
   <source>Allow edited call</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Allow for run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Allow for session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Allow once</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Allow such calls for the run</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>An action, session, agent, setting, model or workspace</source>
   <translation type="unfinished" />
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
   <source>Approval request</source>
   <translation type="unfinished" />
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
   <source>Archive or unarchive session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Arguments</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>As of this step</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Asking the server …</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>At most a minute</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Attach</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Attach files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Attach files to the message</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Attach files…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Attach what</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Back</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Back to the call</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Begin a session with the agent in view</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Begin another run where a sprint ended, with another model.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Begin with an empty window that starts from a handoff. The transcript stays.</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Browse for certificates</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Browse…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Budgets</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Burst of changes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Call that waits</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cancel</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cancel edit</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cancel restore</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Change the goal or the criteria before the work begins, or refuse it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Changed files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Changes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choices</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose an action to change its keys.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose an agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose certificates</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Choose the folder that new sessions work in</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close Loom Studio</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close editor</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close every window; what runs is asked about</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close find</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close the comparison</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close the fault notice</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close this window</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Close window</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Command</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Command palette</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Command palette…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Compress now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Compress the context</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Content</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Context</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Copied</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copies versions, the error and the last lines of the log. Keys and your folders are left out.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy address</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy an agent file into the library</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy code block</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy link address</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy message</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy path</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy place of the source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy report</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy request</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Copy the agent of the session in view</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Database of harness runs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Decline</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete all…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete for good</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete it; Undo brings it back</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete queued message</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete sessions not used for</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete the agent of the session in view; Undo brings it back</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete the chosen agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete the chosen session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Delete the session in view</source>
   <translation type="unfinished" />
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
   <source>Deleted</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Deny</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Deny all</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Deny this call</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Details</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Dismiss</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Do not disturb</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Documents that could not be read</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Dry run</source>
   <translation type="unfinished" />
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
   <source>Duplicate agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit agent…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit arguments</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit message…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit the agent of the session in view</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit the chosen agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit this agent…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit this session's agent (Ctrl+E)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit trigger…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edit…</source>
   <translation type="unfinished" />
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
   <source>Empty chat</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Enable</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>End the run where it was. Everything stays in the transcript.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Evaluators that must pass a sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Event</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Every tool; or names and globs: run_command|mcp__*</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Everything that can be done</source>
   <translation type="unfinished" />
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
   <source>Exactly these arguments</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Expires</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export CSV…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export agent…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Export session…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fault</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fault details</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>File</source>
   <translation type="unfinished" />
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
   <source>Files…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Find in the conversation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Find in transcript</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Find models</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Find words in every session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Find words in the session in view</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>First step</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fold</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fold the sessions and agents away</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fold the tabs beside the chat away</source>
   <translation type="unfinished" />
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
   <source>Forget</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Forget memory</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork session from here</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fork session with this message</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Form of the request</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Further evaluators</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Give it another title</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Give the session in view another title</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Give the session in view tags</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Go on after the last step that was recorded.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Go on from the last complete step. What may have happened already is not done again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Go on in a copy of your own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Go on with a fresh context and a handoff</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Headers</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Heartbeat</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Hooks</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Hosts without proxy</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>I approve each contract before the work begins</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Import a session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Import a session…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Import an agent file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Import an agent…</source>
   <translation type="unfinished" />
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
   <source>Insights rows</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Inspector</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Install a plugin</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Instructions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Instructions preview</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Interrupt</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>It has no tools.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>It stays suspended; you can approve it here at any time.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Its folder in your profile is deleted, with what you agreed to of it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Its password</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Its text comes from the tool server and is sent as part of your message.</source>
   <translation type="unfinished" />
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
   <source>Keep it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep it deleted</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep it in the system's keyring</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep suspended</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keep the session in view at the top of the list</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Key</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Key file password</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Keyboard shortcuts…</source>
   <translation type="unfinished" />
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
   <source>Kind of server</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Last changes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Later</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Leave it out of the next step. A window that is full does not wait.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ledger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Let the model write a title</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Licence</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>List the shortcuts, and change them</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Log</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Look</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Loom Studio</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>MCP servers</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Make a new agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Make an agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Make anew</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Make room in the model's context now</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Manual text</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mark as done</source>
   <translation type="unfinished" />
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
   <source>Menu</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Message</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Message box</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Message …   Enter sends, Shift+Enter breaks the line</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mode</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Models</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>More judges</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>More or less detail</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Most dollars</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mute 1 h</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mute alerts like this</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Name</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Needs you</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Never write keys or passwords: agents and their providers read it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New agent…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New harness run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New harness run…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>New messages ↓</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New sessions begin in</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New trigger…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>New window</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Next error</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Next step</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Next that needs you</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>No model yet: choose one</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>No notifications of the desktop for what is noticed. The feed and the model get all.</source>
   <translation type="unfinished" />
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
   <source>No work begins, and the run ends.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>None. A folder's own rules only tighten until you trust it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Not for</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Not found</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Not now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Not set</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Nothing changed</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Nothing fits. Fewer letters find more.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Nothing was used in this time.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Ollama listens on port 11434, LM Studio on 1234, vLLM on 8000. No key is sent.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open another window on the same sessions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open in its program</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open it in the editor</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open link</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open memory folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open session in a new window</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open settings</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open the menu</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open the page…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open the settings</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open this address in the browser?</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Open workspace…</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Paste the key here</source>
   <translation type="unfinished" />
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
   <source>Pieces that were found, best first</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pin in the context</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pin or unpin session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pinned</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pinned messages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Place of the source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Pressure history</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Preview</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Preview instructions</source>
   <translation type="unfinished" />
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
   <source>Program</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Progress</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Progress of the index</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Prompt</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Prompt arguments</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Proposals</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Provider</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Put the session in view out of the way</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Put this version into the editor</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Queued messages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Quit</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Quorum</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Read a session of loom, Claude Code or Codex</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Read how things are done here</source>
   <translation type="unfinished" />
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
   <source>Reading…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reason</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reason for the denial</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reason for the model (optional)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reduce motion</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Refuse and end</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Remove</source>
   <translation type="unfinished" />
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
   <source>Rename session…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rename the chosen session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Renew now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Renew the context</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Restore version</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Resume</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Resume the run</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Revoke</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rule</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rule to test</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run an agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run on the alert</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run on the burst</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run the test</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run to compare with</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Runs the agent as it is in this editor, saved or not, in an empty folder that is removed afterwards. Your rules hold; a call that would need your permission is refused, since nobody is asked here. It watches and remembers nothing.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Safe mode</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Save</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Save (Ctrl+S)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Save agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Save memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Save the agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Save trigger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Say which of the alerts above would have started an agent; nothing is started.</source>
   <translation type="unfinished" />
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
   <source>Search ledger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search models</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search sessions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search the ledger</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search the manual</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search this source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Search, or write PROVIDER:NAME</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>See what the Studio does, on a script in a scratch folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Select all</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send a message that asks the agent to look at these changes.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send all comments</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send remark…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Send the prompt</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Server address</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <source>Session state</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Session title</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sessions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Set up a key, a server or the local model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Set up a model…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Settings</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Settings (Ctrl+,)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Settings pages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Settings…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Shortcuts</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Approvals</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Changes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Context</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Heartbeat</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Sprints</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show Trace</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show a notification</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show all</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show all of the call first</source>
   <translation type="unfinished" />
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
   <source>Show one now</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show or hide the inspector</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show or hide the sidebar</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the Approvals tab</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the Changes tab</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the Context tab</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the Heartbeat tab</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the Sprints tab</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the Trace tab</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the details of the fault</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the next call that waits</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the next error of the session in view</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show the session in view in its own window</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Show what the session changed in files</source>
   <translation type="unfinished" />
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
   <source>Something is wrong; it is said at its field.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sources of knowledge</source>
   <translation type="unfinished" />
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
   <source>Start</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Start an agent on it, in a session of its own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Start an agent on these changes, in a session of its own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Start an agent on what is noticed.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Start fresh with a handoff</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Start the agent</source>
   <translation type="unfinished" />
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
   <source>State of the database</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop</source>
   <translation type="unfinished" />
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
   <source>Stop now ends it at once; it is kept as interrupted too.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop the run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop the run at once, with the tools that it runs.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Stop the test</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Store rule and allow</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sum up by</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tags…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Take back the message that began the run, and what followed it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Take back the part of the diff in which the cursor is.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Take the chosen sprint as it is, whatever the verdict. The record says who did.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Take the tour</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tell the agent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tell the agent of the alert</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Test</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Test answer</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Test prompt</source>
   <translation type="unfinished" />
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
   <source>Text of the chosen piece</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Text of the source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The agent of this session</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The answer appears here.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The beginning, before the first sprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The other run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The program ended while a run was at work. Nothing was done twice; you decide what now.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The provider bills what you use to the account of this key.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The share above which there is an alert; off for never.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The system's only; or a PEM file to believe beside them</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Theme</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>There is nothing to cut now.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>There is nothing to export yet: the session begins with its first message</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>There is nothing to run while something is wrong with the agent.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>They judge each sprint too, in contexts of their own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>They would let these calls run without asking you. Until you trust the folder they do not count; what its rules deny or ask about counts already. Trust ends when the file changes.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>This address is not one that a browser opens:</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>This is asked about every time: a rule, or the call itself, wants it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>This is asked about every time: a rule, or the call itself, wants it.</source>
   <translation type="unfinished" />
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
   <source>This source is asked as it is: there is nothing to index.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>This workspace came with memories that nobody here wrote. Agents do not see them.</source>
   <translation type="unfinished" />
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
   <source>Title the session in view by what was said</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tool reliability</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tools</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tools of the evaluator</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Topics</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trust this folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trust this folder?</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>Until it expires</source>
   <translation type="unfinished" />
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
   <source>Use the workspace's memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Use this database</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Use this key</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Use this model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Variables</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Versions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Versions and licences</source>
   <translation type="unfinished" />
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
   <source>Watch folder…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Watches</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Welcome</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What agents are to know in later sessions. The first line is what the list shows.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What became of the source</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What is allowed for the run</source>
   <translation type="unfinished" />
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
   <translation type="unfinished" />
  </message>
  <message>
   <source>What it is asked</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What it judges with. An evaluator of its own must have them already.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What it would allow</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What must be asked about waits for me here; else it is refused</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What the agent is, how it works, what it never does. Markdown.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What the server writes to its error output is kept here.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Where</source>
   <translation type="unfinished" />
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
   <source>Which model shall answer?</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>While it works</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>With a model and no agent, a planner is made that has no tools.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Without an answer</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Work on sessions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Workspace</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Write</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Write memory</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Write the agent of the session in view to a file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Write the agent's file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Write the session in view to a file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Yes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>You can change it at any time; its name is above each chat.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>You edit an earlier message.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Your rules</source>
   <translation type="unfinished" />
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
   <source>allow</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>ask</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>deny</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>each</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>example.org, 10.1.2.3: with their subdomains, separated by commas</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>http://localhost:11434</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>kept in the system's keyring</source>
   <translation type="unfinished" />
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
   <source>off</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>postgresql://user@host:5432/name; empty: the file of the profile</source>
   <translation type="unfinished" />
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
   <source>run_command(git push *), edit_file(src/**), deploy(target=production)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>run_command(rm *)</source>
   <translation type="unfinished" />
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
   <source>the agent's model</source>
   <translation type="unfinished" />
  </message>
 </context>
</TS>
