/** A real PostgreSQL server for the quick start and the tests. Never part of what is installed. */
@NullMarked
package io.holdfast.embedded;

import org.jspecify.annotations.NullMarked;
