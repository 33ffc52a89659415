"""An interpreter for the Amazon States Language: what a Standard workflow does, as AWS documents it.

ministack's own walks a definition in one thread per execution, always on the newest definition and with its own root
rights. This one runs every execution on one event loop (so that ten thousand that wait cost nothing), on the definition
and the role the execution started with, and calls services through their API with that role's credentials.
It knows nothing of ministack; `additions/step_functions.py` joins the two.

Source of the rules: the Step Functions developer guide (JSONata, variables, errors, service integrations) and
https://states-language.net/spec.html.
"""
