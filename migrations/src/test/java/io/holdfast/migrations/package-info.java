/** The migrations, tried on a real PostgreSQL. */
package io.holdfast.migrations;
