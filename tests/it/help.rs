//! What people read who ask for help, and who typed something that makes no sense.

use snapbox::{IntoData, str};

use crate::support::Workspace;

#[track_caller]
fn shows(arguments: &str, expected: impl IntoData) {
    Workspace::of("//- README.md\n").ditc(arguments).exits(0).out(expected).error("");
}

#[track_caller]
fn refuses(arguments: &str, expected: impl IntoData) {
    let workspace = Workspace::of("//- environments/demo.toml\n");
    workspace.ditc(arguments).exits(1).out("").error(expected);
    assert!(!workspace.path("state").exists(), "nothing was begun");
}

#[test]
fn version() {
    shows(
        "--version",
        str![[r#"
ditc 0.1.0

"#]],
    );
    shows(
        "version",
        str![[r#"
ditc 0.1.0

"#]],
    );
}

#[test]
fn help() {
    shows(
        "--help",
        str![[r#"
Keeps preview environments on Kubernetes equal to what git says.

TOML files in environments/ describe them; `plan` shows what would change and
why, `apply` does exactly that, in order, and waits until it works.

Usage: ditc [OPTIONS] <COMMAND>

Change environments:
  plan          Show what would change in environments, and why
  apply         Make environments what their files say, and wait until they work
  destroy       Remove environments and all that is in them
  rollback      Go back to the files of an earlier run, as git has them
  show          Show a saved plan again, without a cluster

Look at environments:
  status        Show which components work, and what the others wait for
  explain       Explain a component or an object: its line, its plan, how it is
  drift         Tell what has changed in environments without ditc
  logs          Show what the pods of a component say
  exec          Run a command in a pod of a component
  port-forward  Reach ports of a component from here
  graph         Draw an environment: what must work before what
  history       List the runs that changed an environment
  comment       Post what was told to a pull request on GitHub

Write definitions:
  new           Begin an environment: write its file
  set           Change keys in an environment's file, comments and layout kept
  import        Turn what described environments before into files of ditc
  modules       List the modules, or show one
  validate      Check the workspace's files, without a cluster
  fmt           Rewrite TOML files in the canonical style
  lock          Keep the commits that references to git stand for in a file
  schema        Print the JSON Schema of a kind of file, or of what -json prints

ditc itself:
  doctor        Look for what keeps ditc from working, and tell the mend
  state         Look at what ditc recorded
  sandbox       The built-in cluster
  completions   Print the completions for a shell
  man           Write the manual's pages
  version       Print the version
  help          Print this message, or the help of a command

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one

      --context <NAME>
          The kubeconfig context to use

      --cluster <NAME>
          The kubeconfig cluster to use

      --user <NAME>
          The kubeconfig user to use

      --server <URL>
          The address of the API server, instead of the kubeconfig's

      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config

      --as <USER>
          The user to act as

      --as-group <GROUP>
          A group to act as; may be given several times

      --request-timeout <DURATION>
          How long one request may take, such as 30s

Output:
      --chdir <DIR>
          Work in this directory instead of the current one

      --no-color
          Print no colours

      --json
          Print JSON on standard output

  -q, --quiet
          Print no progress, only results and errors

Examples:
  ditc plan jakub               what would change in it, and why
  ditc apply jakub              make it so, after a question
  ditc apply jakub --sandbox    the same in the built-in cluster
  ditc plan --all               all environments, with one summary

Flags may be written with one dash or two. Exit codes: 0 done, 1 error, 2
changes (plan -detailed-exitcode), drift or not ready (status), 130 and 143
interrupted.

"#]],
    );
    shows(
        "-h",
        str![[r#"
Keeps preview environments on Kubernetes equal to what git says

Usage: ditc [OPTIONS] <COMMAND>

Change environments:
  plan          Show what would change in environments, and why
  apply         Make environments what their files say, and wait until they work
  destroy       Remove environments and all that is in them
  rollback      Go back to the files of an earlier run, as git has them
  show          Show a saved plan again, without a cluster

Look at environments:
  status        Show which components work, and what the others wait for
  explain       Explain a component or an object: its line, its plan, how it is
  drift         Tell what has changed in environments without ditc
  logs          Show what the pods of a component say
  exec          Run a command in a pod of a component
  port-forward  Reach ports of a component from here
  graph         Draw an environment: what must work before what
  history       List the runs that changed an environment
  comment       Post what was told to a pull request on GitHub

Write definitions:
  new           Begin an environment: write its file
  set           Change keys in an environment's file, comments and layout kept
  import        Turn what described environments before into files of ditc
  modules       List the modules, or show one
  validate      Check the workspace's files, without a cluster
  fmt           Rewrite TOML files in the canonical style
  lock          Keep the commits that references to git stand for in a file
  schema        Print the JSON Schema of a kind of file, or of what -json prints

ditc itself:
  doctor        Look for what keeps ditc from working, and tell the mend
  state         Look at what ditc recorded
  sandbox       The built-in cluster
  completions   Print the completions for a shell
  man           Write the manual's pages
  version       Print the version
  help          Print this message, or the help of a command

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Output:
      --chdir <DIR>  Work in this directory instead of the current one
      --no-color     Print no colours
      --json         Print JSON on standard output
  -q, --quiet        Print no progress, only results and errors

Examples:
  ditc plan jakub               what would change in it, and why
  ditc apply jakub              make it so, after a question
  ditc apply jakub --sandbox    the same in the built-in cluster
  ditc plan --all               all environments, with one summary

"#]],
    );
}

#[test]
fn help_of_drift() {
    shows(
        "drift --help",
        str![[r#"
Tell what has changed in environments without ditc: fields, objects that are
gone or made anew, objects that nobody described, runs that stopped half-way.
Nothing is changed, and what the files say now does not matter.

Exit codes: 0 no drift, 2 drift, 1 something could not be looked at.

Usage: ditc drift [OPTIONS] [ENV]...

Arguments:
  [ENV]...
          Environments by name, also without a file; `*` stands for any
          characters, among those that have one

Options:
      --strict
          Count fields as drift that others set beside ours

  -h, --help
          Print help (see a summary with '-h')

Which environments:
      --all
          Every environment that has a file; those in the cluster without one
          are told

      --changed-since <REF>
          Those whose files, bases or modules changed since this commit: by
          commits since HEAD left its history, staged, or in the working tree;
          with names, only those of them

Output:
      --compact
          One line for each object

      --concise
          New objects in one line each, no legend, and no remarks that ask
          nothing of you

      --full
          Texts that come or go in all their length; without it their first
          lines are shown

      --format <KIND[=FILE]>
          Tell it as text, json, markdown, github or junit: one on standard
          output, others into files as KIND=FILE; repeatable

      --json-into <FILE>
          Also write what -json prints into this file, which is made anew and
          for you alone to read: -format json=FILE

      --chdir <DIR>
          Work in this directory instead of the current one

      --no-color
          Print no colours

      --json
          Print JSON on standard output

  -q, --quiet
          Print no progress, only results and errors

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one

      --context <NAME>
          The kubeconfig context to use

      --cluster <NAME>
          The kubeconfig cluster to use

      --user <NAME>
          The kubeconfig user to use

      --server <URL>
          The address of the API server, instead of the kubeconfig's

      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config

      --as <USER>
          The user to act as

      --as-group <GROUP>
          A group to act as; may be given several times

      --request-timeout <DURATION>
          How long one request may take, such as 30s

Examples:
  ditc drift jakub
  ditc drift 'pr-*' -strict   also what others added beside ours
  ditc drift --all -json      also those without a file, for a nightly job
  ditc drift --changed-since main

"#]],
    );
}

#[test]
fn drift_of_nothing_in_particular() {
    refuses(
        "drift",
        str![[r#"
error: which environments? Name one or several, or say --all
  hint: ditc drift ENV
  hint: ditc drift --all

"#]],
    );
    refuses(
        "drift --all jakub",
        str![[r#"
error: --all means every environment, so it goes with no name
  hint: ditc drift --all
  hint: ditc drift ENV...

"#]],
    );
    refuses(
        "drift Jakub",
        str![[r#"
error: invalid value 'Jakub' for '[ENV]...': may hold only lower-case letters,
  digits and `-`, not 'J'

For more information, try '--help'.

"#]],
    );
    refuses(
        "drift pr_*",
        str![[r#"
error: invalid value 'pr_*' for '[ENV]...': may hold only lower-case letters,
  digits, `-` and `*`, not '_'

For more information, try '--help'.

"#]],
    );
}

#[test]
fn help_of_plan() {
    shows(
        "plan -help",
        str![[r#"
Show what would change in environments, and why

Usage: ditc plan [OPTIONS] [ENV]...

Arguments:
  [ENV]...  Environments by name; `*` stands for any characters, as in 'pr-*'

Options:
      --detailed-exitcode  Exit with 2 if there are changes, 0 if there are none
      --out <FILE>         Keep the plan in this file, for `ditc show FILE` and
                           `ditc apply FILE`
      --destroy            Plan to remove the environment, as `ditc destroy`
                           would
      --with-foreign       With -destroy: delete with the namespace what others
                           made in it
      --refresh[=<BOOL>]   Whether to look at the cluster; with false, plan from
                           the local state alone [default: true] [possible
                           values: true, false]
  -h, --help               Print help

Which environments:
      --all                  Every environment that has a file; those in the
                             cluster without one are told
      --changed-since <REF>  Those whose files, bases or modules changed since
                             this commit: by commits since HEAD left its
                             history, staged, or in the working tree; with
                             names, only those of them

Variables:
      --var <NAME=VALUE>  A value for a variable of the environment, instead of
                          its file's; repeatable
      --var-file <FILE>   A TOML file with values for variables; repeatable

References to git:
      --locked   Fail unless the lock file names every commit, and every tag and
                 branch still stands for it
      --offline  Ask no repository: take every commit from the lock file

Part of an environment:
      --target <ADDRESS>   Only this component or object and what it needs, to
                           destroy and what needs it; repeatable
      --exclude <ADDRESS>  Everything but this component or object and what
                           needs it; repeatable

Decisions:
      --replace <ADDRESS>
          Delete this object and make it anew; repeatable
      --adopt <ADDRESS>
          Take over this object from whoever made it; repeatable
      --force-conflicts <ADDRESS>
          Take fields of this component or object that others own; repeatable
      --delete-data <ADDRESS>
          Delete or replace this component or object although its data is lost;
          repeatable
      --max-destroy <N>
          How many objects may be deleted or replaced, instead of what
          `ditc.toml` allows
      --refresh-only
          Change only the record: forget what is gone, learn what is right,
          leave every object as it is

Output:
      --chdir <DIR>           Work in this directory instead of the current one
      --no-color              Print no colours
      --json                  Print JSON on standard output
  -q, --quiet                 Print no progress, only results and errors
      --compact               One line for each object
      --concise               New objects in one line each, no legend, and no
                              remarks that ask nothing of you
      --full                  Texts that come or go in all their length; without
                              it their first lines are shown
      --format <KIND[=FILE]>  Tell it as text, json, markdown, github or junit:
                              one on standard output, others into files as
                              KIND=FILE; repeatable
      --json-into <FILE>      Also write what -json prints into this file, which
                              is made anew and for you alone to read: -format
                              json=FILE

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Examples:
  ditc plan jakub
  ditc plan jakub -detailed-exitcode   exit 2 if there are changes
  ditc plan jakub -out=jakub.plan      for `show` and `apply jakub.plan`
  ditc plan jakub -destroy             what `ditc destroy jakub` would do
  ditc plan jakub -destroy -with-foreign
  ditc plan jakub -refresh=false       without asking the cluster

  ditc plan jakub shop              several, with one summary
  ditc plan 'pr-*' -json            one document for all that fit
  ditc plan --all                   every environment that has a file
  ditc plan --changed-since main    those that this branch touches

  ditc plan jakub -target=jakub.services.orders
  ditc plan jakub -exclude=jakub.services.orders/Ingress/orders
  ditc plan jakub -replace=jakub.services.orders/Deployment/orders
  ditc plan jakub -adopt=jakub/Namespace/jakub
  ditc plan jakub -force-conflicts=deployment/orders
  ditc plan jakub -delete-data=jakub.dependencies.postgresql
  ditc plan jakub -max-destroy=30
  ditc plan jakub -refresh-only        what moved, and no change
  ditc plan jakub -var log_level=debug -var-file=mine.toml

"#]],
    );
}

#[test]
fn help_of_show() {
    shows(
        "show --help",
        str![[r#"
Show a saved plan again, without a cluster

Usage: ditc show [OPTIONS] <FILE>

Arguments:
  <FILE>  The file that `plan -out` made

Options:
  -h, --help  Print help

Output:
      --compact               One line for each object
      --concise               New objects in one line each, no legend, and no
                              remarks that ask nothing of you
      --full                  Texts that come or go in all their length; without
                              it their first lines are shown
      --format <KIND[=FILE]>  Tell it as text, json, markdown, github or junit:
                              one on standard output, others into files as
                              KIND=FILE; repeatable
      --json-into <FILE>      Also write what -json prints into this file, which
                              is made anew and for you alone to read: -format
                              json=FILE
      --chdir <DIR>           Work in this directory instead of the current one
      --no-color              Print no colours
      --json                  Print JSON on standard output
  -q, --quiet                 Print no progress, only results and errors

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Examples:
  ditc show jakub.plan
  ditc show jakub.plan -json

"#]],
    );
}

#[test]
fn help_of_apply() {
    shows(
        "apply -help",
        str![[r#"
Make environments what their files say, and wait until they work

Usage: ditc apply [OPTIONS] [ENV|FILE]...

Arguments:
  [ENV|FILE]...  Environments by name; `*` stands for any characters. Or one
                 file that `plan -out` made, whose name holds a `/` or a `.`

Options:
      --auto-approve
          Do not ask before changing anything
      --input[=<BOOL>]
          Whether questions may be asked; with false, one that is needed is an
          error [default: true] [possible values: true, false]
      --parallelism <N>
          How many objects to write at the same time [default: 10]
      --lock-timeout <DURATION>
          How long to wait for another run to release the environment, such as
          5m [default: 0s]
  -h, --help
          Print help

Which environments:
      --all                  Every environment that has a file; those in the
                             cluster without one are told
      --changed-since <REF>  Those whose files, bases or modules changed since
                             this commit: by commits since HEAD left its
                             history, staged, or in the working tree; with
                             names, only those of them

Output:
      --compact               One line for each object
      --chdir <DIR>           Work in this directory instead of the current one
      --concise               New objects in one line each, no legend, and no
                              remarks that ask nothing of you
      --full                  Texts that come or go in all their length; without
                              it their first lines are shown
      --no-color              Print no colours
      --format <KIND[=FILE]>  Tell it as text, json, markdown, github or junit:
                              one on standard output, others into files as
                              KIND=FILE; repeatable
      --json                  Print JSON on standard output
      --json-into <FILE>      Also write what -json prints into this file, which
                              is made anew and for you alone to read: -format
                              json=FILE
  -q, --quiet                 Print no progress, only results and errors

Variables:
      --var <NAME=VALUE>  A value for a variable of the environment, instead of
                          its file's; repeatable
      --var-file <FILE>   A TOML file with values for variables; repeatable

References to git:
      --locked   Fail unless the lock file names every commit, and every tag and
                 branch still stands for it
      --offline  Ask no repository: take every commit from the lock file

Part of an environment:
      --target <ADDRESS>   Only this component or object and what it needs, to
                           destroy and what needs it; repeatable
      --exclude <ADDRESS>  Everything but this component or object and what
                           needs it; repeatable

Decisions:
      --replace <ADDRESS>
          Delete this object and make it anew; repeatable
      --adopt <ADDRESS>
          Take over this object from whoever made it; repeatable
      --force-conflicts <ADDRESS>
          Take fields of this component or object that others own; repeatable
      --delete-data <ADDRESS>
          Delete or replace this component or object although its data is lost;
          repeatable
      --max-destroy <N>
          How many objects may be deleted or replaced, instead of what
          `ditc.toml` allows
      --refresh-only
          Change only the record: forget what is gone, learn what is right,
          leave every object as it is

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Examples:
  ditc apply jakub
  ditc apply jakub.plan   exactly what `plan -out` kept, or nothing
  ditc apply pr-12 -auto-approve -lock-timeout=5m   in CI
  ditc apply 'pr-*'       several: all plans, then one question
  ditc apply --all
  ditc apply --changed-since HEAD~1 -auto-approve   after a merge

Flags about a part of an environment and about decisions are those of `ditc
plan`: look first, then apply with the same.

"#]],
    );
}

#[test]
fn help_of_destroy() {
    shows(
        "destroy -h",
        str![[r#"
Remove environments and all that is in them

Usage: ditc destroy [OPTIONS] [ENV]...

Arguments:
  [ENV]...  Environments by name, also without a file; `*` stands for any
            characters, among those that have one

Options:
      --auto-approve
          Do not ask before changing anything
      --input[=<BOOL>]
          Whether questions may be asked; with false, one that is needed is an
          error [default: true] [possible values: true, false]
      --parallelism <N>
          How many objects to write at the same time [default: 10]
      --lock-timeout <DURATION>
          How long to wait for another run to release the environment, such as
          5m [default: 0s]
      --with-foreign
          Delete with the namespace what others made in it
  -h, --help
          Print help

Which environments:
      --all                  Every environment that has a file; those in the
                             cluster without one are told
      --changed-since <REF>  Those whose files, bases or modules changed since
                             this commit: by commits since HEAD left its
                             history, staged, or in the working tree; with
                             names, only those of them

Output:
      --compact               One line for each object
      --chdir <DIR>           Work in this directory instead of the current one
      --concise               New objects in one line each, no legend, and no
                              remarks that ask nothing of you
      --full                  Texts that come or go in all their length; without
                              it their first lines are shown
      --no-color              Print no colours
      --format <KIND[=FILE]>  Tell it as text, json, markdown, github or junit:
                              one on standard output, others into files as
                              KIND=FILE; repeatable
      --json                  Print JSON on standard output
      --json-into <FILE>      Also write what -json prints into this file, which
                              is made anew and for you alone to read: -format
                              json=FILE
  -q, --quiet                 Print no progress, only results and errors

Part of an environment:
      --target <ADDRESS>   Only this component or object and what it needs, to
                           destroy and what needs it; repeatable
      --exclude <ADDRESS>  Everything but this component or object and what
                           needs it; repeatable

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Examples:
  ditc destroy jakub
  ditc destroy pr-12 -auto-approve   in CI
  ditc destroy pr-12 'demo-*'           several, after one question
  ditc destroy --all                    every environment that has a file
  ditc destroy --changed-since main     those that this branch touches
  ditc destroy jakub -target=jakub.services.orders
  ditc destroy jakub -with-foreign        with what others made in it

"#]],
    );
}

#[test]
fn help_of_state() {
    shows(
        "state --help",
        str![[r#"
Look at what ditc recorded

Usage: ditc state [OPTIONS] <COMMAND>

Commands:
  list     List the addresses of all recorded objects
  show     Show one recorded object
  rebuild  Build the record anew from the objects in the cluster
  help     Print this message or the help of the given subcommand(s)

Options:
  -h, --help  Print help

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Output:
      --chdir <DIR>  Work in this directory instead of the current one
      --no-color     Print no colours
      --json         Print JSON on standard output
  -q, --quiet        Print no progress, only results and errors

"#]],
    );
    shows(
        "state show --help",
        str![[r#"
Show one recorded object

Usage: ditc state show [OPTIONS] <ENV> <ADDRESS>

Arguments:
  <ENV>      The environment: environments/ENV.toml
  <ADDRESS>  An address as `state list` prints it, or kind/name

Options:
  -h, --help  Print help

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Output:
      --chdir <DIR>  Work in this directory instead of the current one
      --no-color     Print no colours
      --json         Print JSON on standard output
  -q, --quiet        Print no progress, only results and errors

Examples:
  ditc state show jakub jakub.services.orders/Deployment/orders
  ditc state show jakub deployment/orders

"#]],
    );
}

#[test]
fn help_of_sandbox() {
    shows(
        "sandbox --help",
        str![[r#"
The built-in cluster

Usage: ditc sandbox [OPTIONS] <COMMAND>

Commands:
  serve  Serve the built-in cluster on a loopback port, for kubectl
  help   Print this message or the help of the given subcommand(s)

Options:
  -h, --help  Print help

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Output:
      --chdir <DIR>  Work in this directory instead of the current one
      --no-color     Print no colours
      --json         Print JSON on standard output
  -q, --quiet        Print no progress, only results and errors

"#]],
    );
}

#[test]
fn no_command() {
    refuses(
        "",
        str![[r#"
error: a command is missing

Keeps preview environments on Kubernetes equal to what git says

Usage: ditc [OPTIONS] <COMMAND>

Change environments:
  plan          Show what would change in environments, and why
  apply         Make environments what their files say, and wait until they work
  destroy       Remove environments and all that is in them
  rollback      Go back to the files of an earlier run, as git has them
  show          Show a saved plan again, without a cluster

Look at environments:
  status        Show which components work, and what the others wait for
  explain       Explain a component or an object: its line, its plan, how it is
  drift         Tell what has changed in environments without ditc
  logs          Show what the pods of a component say
  exec          Run a command in a pod of a component
  port-forward  Reach ports of a component from here
  graph         Draw an environment: what must work before what
  history       List the runs that changed an environment
  comment       Post what was told to a pull request on GitHub

Write definitions:
  new           Begin an environment: write its file
  set           Change keys in an environment's file, comments and layout kept
  import        Turn what described environments before into files of ditc
  modules       List the modules, or show one
  validate      Check the workspace's files, without a cluster
  fmt           Rewrite TOML files in the canonical style
  lock          Keep the commits that references to git stand for in a file
  schema        Print the JSON Schema of a kind of file, or of what -json prints

ditc itself:
  doctor        Look for what keeps ditc from working, and tell the mend
  state         Look at what ditc recorded
  sandbox       The built-in cluster
  completions   Print the completions for a shell
  man           Write the manual's pages
  version       Print the version
  help          Print this message, or the help of a command

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Cluster:
      --sandbox
          Use the built-in cluster in state/sandbox instead of a real one
      --context <NAME>
          The kubeconfig context to use
      --cluster <NAME>
          The kubeconfig cluster to use
      --user <NAME>
          The kubeconfig user to use
      --server <URL>
          The address of the API server, instead of the kubeconfig's
      --kubeconfig <FILE>
          The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
      --as <USER>
          The user to act as
      --as-group <GROUP>
          A group to act as; may be given several times
      --request-timeout <DURATION>
          How long one request may take, such as 30s

Output:
      --chdir <DIR>  Work in this directory instead of the current one
      --no-color     Print no colours
      --json         Print JSON on standard output
  -q, --quiet        Print no progress, only results and errors

Examples:
  ditc plan jakub               what would change in it, and why
  ditc apply jakub              make it so, after a question
  ditc apply jakub --sandbox    the same in the built-in cluster
  ditc plan --all               all environments, with one summary

"#]],
    );
}

#[test]
fn a_command_that_does_not_exist() {
    refuses(
        "aply demo",
        str![[r#"
error: unrecognized subcommand 'aply'

  tip: a similar subcommand exists: 'apply'

Usage: ditc [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]],
    );
}

#[test]
fn a_flag_that_does_not_exist() {
    refuses(
        "plan demo --sandbx",
        str![[r#"
error: unexpected argument '--sandbx' found

  tip: a similar argument exists: '--sandbox'

Usage: ditc plan --sandbox <ENV>...

For more information, try '--help'.

"#]],
    );
    refuses(
        "apply demo -auto-aprove",
        str![[r#"
error: unexpected argument '--auto-aprove' found

  tip: a similar argument exists: '--auto-approve'

Usage: ditc apply --auto-approve <ENV|FILE>...

For more information, try '--help'.

"#]],
    );
}

#[test]
fn no_environment() {
    refuses(
        "plan",
        str![[r#"
error: which environments? Name one or several, or say --all
  hint: ditc plan ENV
  hint: ditc plan --all

"#]],
    );
}

#[test]
fn flags_of_kubectl_that_ditc_refuses() {
    refuses(
        "plan demo -n other",
        str![[r#"
error: ditc has no flag for the namespace: it comes from the environment's file
  hint: name the environment instead: `ditc plan ENV`; its file may say
    `namespace = "..."`

"#]],
    );
    refuses(
        "plan demo --namespace=other",
        str![[r#"
error: ditc has no flag for the namespace: it comes from the environment's file
  hint: name the environment instead: `ditc plan ENV`; its file may say
    `namespace = "..."`

"#]],
    );
    refuses(
        "apply demo --field-manager me",
        str![[r#"
error: ditc has no flag for the field manager: it is always `ditc`
  hint: with another one, ditc could not tell its own fields from those of
    others

"#]],
    );
}

#[test]
fn flags_that_contradict_each_other() {
    refuses(
        "plan demo --sandbox --context staging",
        str![[r#"
error: the argument '--sandbox' cannot be used with '--context <NAME>'

Usage: ditc plan --sandbox <ENV>...

For more information, try '--help'.

"#]],
    );
    refuses(
        "apply demo --sandbox -json",
        str![[r#"
error: -json asks no questions, so it needs -auto-approve
  hint: look first with `ditc plan`, then add -auto-approve

"#]],
    );
}

#[test]
fn values_that_make_no_sense() {
    refuses(
        "apply demo --sandbox -lock-timeout=soon",
        str![[r#"
error: invalid value 'soon' for '--lock-timeout <DURATION>': write it as 90s, 5m
  or 1h30m

For more information, try '--help'.

"#]],
    );
    refuses(
        "apply demo --sandbox -parallelism=0",
        str![[r#"
error: invalid value '0' for '--parallelism <N>': 0 is not in 1..=100

For more information, try '--help'.

"#]],
    );
}

#[test]
fn help_about_the_files_of_a_workspace() {
    for (command, expected) in [
        (
            "validate",
            str![[r#"
Check the workspace's files, without a cluster

Usage: ditc validate [OPTIONS] [ENV]...

Arguments:
  [ENV]...  The environments to check, with the modules they use; all
            environments and all modules without one

Options:
  -h, --help  Print help

Which environments:
      --all                  Every environment that has a file; those in the
                             cluster without one are told
      --changed-since <REF>  Those whose files, bases or modules changed since
                             this commit: by commits since HEAD left its
                             history, staged, or in the working tree; with
                             names, only those of them

Output:
      --format <KIND[=FILE]>  Tell it as text, json, markdown, github or junit:
                              one on standard output, others into files as
                              KIND=FILE; repeatable
      --json-into <FILE>      Also write what -json prints into this file, which
                              is made anew and for you alone to read: -format
                              json=FILE
      --chdir <DIR>           Work in this directory instead of the current one
      --no-color              Print no colours
      --json                  Print JSON on standard output
  -q, --quiet                 Print no progress, only results and errors

Examples:
  ditc validate                    all environments and all modules
  ditc validate jakub 'pr-*'       these, and what they use
  ditc validate --all              the same as without a name
  ditc validate --changed-since main
  ditc validate -json              for editors and CI

"#]],
        ),
        (
            "fmt",
            str![[r#"
Rewrite TOML files in the canonical style

Usage: ditc fmt [OPTIONS] [FILE]...

Arguments:
  [FILE]...  The files to format; without one ditc.toml, environments/*.toml and
             modules/*/module.toml

Options:
      --check  Write nothing; exit with 1 if a file is not formatted
      --diff   Show the differences
  -h, --help   Print help

Examples:
  ditc fmt                   all files; lists those it changed
  ditc fmt -check -diff      change nothing, show what would be; in CI
  ditc fmt environments/jakub.toml

"#]],
        ),
        (
            "new",
            str![[r#"
Begin an environment: write its file

Usage: ditc new [OPTIONS] <ENV>

Arguments:
  <ENV>  The new environment, and so its namespace: environments/ENV.toml

Options:
      --from <ENV>  The environment that it extends; without it `base`, where
                    there is one
  -h, --help        Print help

Examples:
  ditc new pr-12
  ditc new pr-12 --from=jakub

"#]],
        ),
        (
            "modules",
            str![[r#"
List the modules, or show one

Usage: ditc modules [OPTIONS] [COMMAND]

Commands:
  show  Show what a module takes and gives, with an example
  help  Print this message or the help of the given subcommand(s)

Options:
  -h, --help  Print help

Examples:
  ditc modules
  ditc modules show postgresql

"#]],
        ),
        (
            "modules show",
            str![[r#"
Show what a module takes and gives, with an example

Usage: ditc modules show [OPTIONS] <NAME>

Arguments:
  <NAME>  The module: one built in, or modules/NAME

Options:
  -h, --help  Print help

Example:
  ditc modules show postgresql

"#]],
        ),
        (
            "schema",
            str![[r#"
Print the JSON Schema of a kind of file, or of what -json prints

Usage: ditc schema [OPTIONS] [OF]

Arguments:
  [OF]  The files that it describes, or the command whose -json it describes
        [default: environment] [possible values: environment, module, ditc,
        plan, show, apply, destroy, rollback, drift, status, validate,
        state-list, state-show, state-rebuild, fmt, new, modules, modules-show,
        version, logs, port-forward, sandbox-serve, explain, graph, history,
        doctor, lock, comment, set, import-payload, man]

Options:
  -h, --help  Print help (see more with '--help')

Examples:
  ditc schema environment > .schema/environment.json
  ditc schema module
  ditc schema ditc
  ditc schema plan                     what `ditc plan -json` prints

An editor with a TOML language server such as Taplo completes and checks a file
whose first line names the schema, `#:schema ../.schema/environment.json`, or
all files by a `.taplo.toml` with rules.

"#]],
        ),
    ] {
        let told = Workspace::of("//- README.md\n").ditc(&format!("{command} -h")).exits(0);
        // What every command takes is shown once, above.
        let own = told.out.split("\nCluster:\n").next().unwrap_or_default().to_owned();
        let examples = told.out.split("\nExample").nth(1).map(|text| format!("\nExample{text}")).unwrap_or_default();
        crate::support::check(own + &examples, expected);
    }
}
