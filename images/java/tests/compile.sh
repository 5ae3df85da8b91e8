#!/bin/bash
# Java compiles and runs a program, by what JAVA_HOME says and by name.
set -euo pipefail
cd "$(mktemp -d)"
echo 'public class Probe { public static void main(String[] words) { System.out.println(words[0]); } }' >Probe.java
"$JAVA_HOME/bin/javac" Probe.java
[[ $(java Probe there) == there ]]
[[ -e $JAVA_HOME/include/jni.h ]]
