# SPDX-License-Identifier: Apache-2.0
namespace c hello

service Greeter {
  string greet(1: string name)
}
