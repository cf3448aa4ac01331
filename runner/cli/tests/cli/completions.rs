use crate::context::Context;

#[test]
fn each_shell_gets_a_script_that_knows_the_commands() {
    let context = Context::empty();
    for (shell, mark) in [
        ("bash", "complete -F _hotcell"),
        ("zsh", "#compdef hotcell"),
        ("fish", "complete -c hotcell"),
    ] {
        let script = context.run(&["completions", shell]).good().out;
        assert!(script.contains(mark), "{shell}");
        for word in ["chat", "adapter", "inspect", "reasoning-effort"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(context.run(&["completions", "tcl"]).code, Some(2));
}

#[test]
fn the_bash_script_is_bash() {
    let context = Context::empty();
    let script = context.run(&["completions", "bash"]).good().out;
    let test = format!(
        "{script}\nCOMP_WORDS=(hotcell ch); COMP_CWORD=1; _hotcell hotcell ch hotcell; echo \"${{COMPREPLY[@]}}\""
    );
    // It is longer than an argument may be.
    let file = context.file("test.bash", test);
    let output = std::process::Command::new("bash").arg(file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "chat", "{output:?}");
}
