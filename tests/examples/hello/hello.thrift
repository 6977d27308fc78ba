namespace c hello

service Greeter {
  string greet(1: string name)
}
