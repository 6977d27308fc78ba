# SPDX-License-Identifier: Apache-2.0
namespace c tf.something
struct A { }
