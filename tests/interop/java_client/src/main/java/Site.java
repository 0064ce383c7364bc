import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.pac4j.core.client.Clients;
import org.pac4j.core.config.Config;
import org.pac4j.core.profile.ProfileManager;
import org.pac4j.jee.context.JEEContext;
import org.pac4j.jee.context.session.JEESessionStore;
import org.pac4j.jee.filter.CallbackFilter;
import org.pac4j.jee.filter.LogoutFilter;
import org.pac4j.jee.filter.SecurityFilter;
import org.pac4j.oidc.client.OidcClient;
import org.pac4j.oidc.config.OidcConfiguration;
import org.pac4j.oidc.profile.OidcProfile;

/** A Jetty site whose users log in through pac4j. Arguments: ISSUER, CLIENT_ID, CLIENT_SECRET, PORT. */
public final class Site {
    private static final EnumSet<DispatcherType> REQUEST = EnumSet.of(DispatcherType.REQUEST);

    /** Shows the profile of the logged-in user as JSON. */
    private static final class User extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            var manager = new ProfileManager(
                    new JEEContext(request, response), new JEESessionStore());
            var profile = (OidcProfile) manager.getProfile().orElse(null);
            response.setContentType("application/json");
            response.getWriter().write(profile == null ? "{}" : String.format(
                    "{\"name\": \"%s\", \"email\": \"%s\"}",
                    profile.getDisplayName(), profile.getEmail()));
        }
    }

    public static void main(String[] arguments) throws Exception {
        var environment = System.getenv();
        var origin = "http://localhost:" + environment.get("PORT");

        var configuration = new OidcConfiguration();
        configuration.setClientId(environment.get("CLIENT_ID"));
        configuration.setSecret(environment.get("CLIENT_SECRET"));
        configuration.setDiscoveryURI(
                environment.get("ISSUER") + "/.well-known/openid-configuration");
        var client = new OidcClient(configuration);
        var config = new Config(new Clients(origin + "/callback", client));

        var logout = new LogoutFilter(config, origin + "/");
        logout.setCentralLogout(true);
        logout.setLogoutUrlPattern(".*");
        var context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        add(context, new SecurityFilter(config, "OidcClient"), "/user");
        add(context, new CallbackFilter(config, "/user"), "/callback");
        add(context, logout, "/logout");
        context.addServlet(new ServletHolder(new User()), "/");

        var server = new Server(Integer.parseInt(environment.get("PORT")));
        server.setHandler(context);
        server.start();
        server.join();
    }

    private static void add(
            ServletContextHandler context, jakarta.servlet.Filter filter, String path) {
        context.addFilter(new FilterHolder(filter), path, REQUEST);
    }
}
