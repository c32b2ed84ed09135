/** The migrations, tried on a real PostgreSQL. */
@NullMarked
package io.holdfast.migrations;

import org.jspecify.annotations.NullMarked;
