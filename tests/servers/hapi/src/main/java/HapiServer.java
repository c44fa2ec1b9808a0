/*
 * HapiServer: a HAPI FHIR R4 JPA server for tests, built from Maven Central alone.
 *
 *   build   mvn -q -B package
 *   run     java -Xmx1g -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar target/hapi-r4.jar --port 0
 *           (these flags start quickest; for throughput give -Xmx4g alone and warm it up first)
 *
 *   --port N              0 takes a free port
 *   --db h2mem | h2file:PATH
 *   --ddl update | create-only | none      schema work at start (h2mem: create-only, else update)
 *   --reuse-ms N          window in which an equal search is answered from its cached result (0 = off)
 *   --external-refs       accept absolute references to other servers
 *   --no-ref-check        accept references to resources that are not there
 *   --validate            check every write against the R4 base profiles (slow)
 *   --exit-with-stdin     stop when standard input closes, so the server dies with its parent
 *
 * Listens on 127.0.0.1 only. Prints "READY http://127.0.0.1:PORT/fhir" on standard output, logs on
 * standard error (-Dhapi.log=INFO for more). SIGTERM closes the database and exits with 0; a failed
 * start exits with 1. Any id is accepted on PUT; history, transactions, conditional requests, $validate
 * and all R4 search parameters work; full text, subscriptions, MDM and scheduled jobs are off.
 */
import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings.ClientIdStrategyEnum;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings.IdStrategyEnum;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.config.util.ResourceCountCacheUtil;
import ca.uhn.fhir.jpa.interceptor.UserRequestRetryVersionConflictsInterceptor;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.provider.DaoRegistryResourceSupportedSvc;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.search.IStaleSearchDeletingSvc;
import ca.uhn.fhir.jpa.search.StaleSearchDeletingSvcImpl;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.util.ResourceCountCache;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.IResourceSupportedSvc;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.RequestValidatingInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import ca.uhn.fhir.validation.IInstanceValidatorModule;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

public final class HapiServer {
    private static final Set<String> SWITCHES =
            Set.of("external-refs", "no-ref-check", "validate", "exit-with-stdin");
    private static final Set<String> OPTIONS = Set.of("port", "db", "ddl", "reuse-ms");
    private static final Map<String, String> ARGS = new HashMap<>();

    private static String arg(String name, String otherwise) {
        return ARGS.getOrDefault(name, otherwise);
    }

    private static void parse(String[] args) {
        for (int i = 0; i < args.length; i++) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : args[i];
            if (SWITCHES.contains(name)) {
                ARGS.put(name, "true");
            } else if (OPTIONS.contains(name) && i + 1 < args.length) {
                ARGS.put(name, args[++i]);
            } else {
                System.err.println("unknown or incomplete argument: " + args[i]);
                System.exit(2);
            }
        }
    }

    public static void main(String[] args) {
        parse(args);
        try {
            serve();
        } catch (Throwable e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1); // else the connection pool's threads would keep a failed start alive
        }
    }

    private static void serve() throws Exception {
        AnnotationConfigApplicationContext spring = new AnnotationConfigApplicationContext();
        spring.register(Config.class);
        spring.refresh();
        Server jetty = new Server();
        ServerConnector http = new ServerConnector(jetty);
        http.setHost("127.0.0.1");
        http.setPort(Integer.parseInt(arg("port", "0")));
        jetty.addConnector(http);
        ServletContextHandler web = new ServletContextHandler("/");
        web.addServlet(new ServletHolder(spring.getBean(RestfulServer.class)), "/fhir/*");
        jetty.setHandler(web);
        jetty.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                jetty.stop();
                spring.close();
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
            Runtime.getRuntime().halt(0);
        }));
        System.out.println("READY http://127.0.0.1:" + http.getLocalPort() + "/fhir");
        System.out.flush();
        if (ARGS.containsKey("exit-with-stdin")) {
            while (System.in.read() >= 0) {}
            System.exit(0);
        }
        jetty.join();
    }

    @Configuration
    @Import({
        JpaR4Config.class,
        ThreadPoolFactoryConfig.class,
        SubscriptionChannelConfig.class,
        JpaBatch2Config.class,
        Batch2JobsConfig.class
    })
    static class Config {
        private static String jdbcUrl() {
            String db = arg("db", "h2mem");
            if (db.equals("h2mem")) return "jdbc:h2:mem:hapi;DB_CLOSE_DELAY=-1";
            if (db.startsWith("h2file:")) return "jdbc:h2:file:" + db.substring(7) + ";DB_CLOSE_ON_EXIT=FALSE";
            throw new IllegalArgumentException("--db takes h2mem or h2file:PATH");
        }

        @Bean(destroyMethod = "close")
        public HikariDataSource dataSource() {
            HikariDataSource pool = new HikariDataSource();
            pool.setJdbcUrl(jdbcUrl());
            pool.setUsername("sa");
            pool.setMaximumPoolSize(20);
            return pool;
        }

        @Bean
        public JpaStorageSettings storageSettings() {
            JpaStorageSettings s = new JpaStorageSettings();
            s.setResourceClientIdStrategy(ClientIdStrategyEnum.ANY);
            s.setResourceServerIdStrategy(IdStrategyEnum.UUID);
            long reuse = Long.parseLong(arg("reuse-ms", "60000"));
            s.setReuseCachedSearchResultsForMillis(reuse > 0 ? reuse : null);
            s.setAllowExternalReferences(ARGS.containsKey("external-refs"));
            s.setEnforceReferentialIntegrityOnWrite(!ARGS.containsKey("no-ref-check"));
            s.setSchedulingDisabled(true);
            s.setHibernateSearchIndexSearchParams(false);
            s.setHibernateSearchIndexFullText(false);
            s.setPreExpandValueSets(false);
            return s;
        }

        @Bean
        public PartitionSettings partitionSettings() {
            return new PartitionSettings();
        }

        @Bean
        public SubscriptionSettings subscriptionSettings() {
            return new SubscriptionSettings();
        }

        @Bean
        @Primary
        public LocalContainerEntityManagerFactoryBean entityManagerFactory(
                DataSource db, ConfigurableListableBeanFactory beans, FhirContext fhir, JpaStorageSettings settings) {
            Map<String, Object> jpa = new HashMap<>();
            jpa.put("hibernate.dialect", HapiFhirH2Dialect.class.getName());
            jpa.put("hibernate.hbm2ddl.auto", arg("ddl", jdbcUrl().contains(":mem:") ? "create-only" : "update"));
            jpa.put("hibernate.jdbc.batch_size", "30");
            jpa.put("hibernate.search.enabled", "false");
            jpa.put("hibernate.cache.use_query_cache", "false");
            jpa.put("hibernate.cache.use_second_level_cache", "false");
            LocalContainerEntityManagerFactoryBean factory =
                    HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
            factory.setPersistenceUnitName("HAPI");
            factory.setJpaPropertyMap(jpa);
            factory.setDataSource(db);
            return factory;
        }

        @Bean
        @Primary
        public JpaTransactionManager transactionManager(EntityManagerFactory factory) {
            return new JpaTransactionManager(factory);
        }

        @Bean
        public IStaleSearchDeletingSvc staleSearchDeletingSvc() {
            return new StaleSearchDeletingSvcImpl();
        }

        @Bean
        public IResourceSupportedSvc resourceSupportedSvc(ca.uhn.fhir.jpa.api.IDaoRegistry daos) {
            return new DaoRegistryResourceSupportedSvc(daos);
        }

        @Bean("myResourceCountsCache") // the name by which the system DAO looks it up for /metadata
        public ResourceCountCache resourceCounts(IFhirSystemDao<?, ?> system) {
            return ResourceCountCacheUtil.newResourceCountCache(system);
        }

        @Bean
        public DatabaseBackedPagingProvider pagingProvider() {
            DatabaseBackedPagingProvider paging = new DatabaseBackedPagingProvider();
            paging.setDefaultPageSize(20);
            paging.setMaximumPageSize(1000);
            return paging;
        }

        @Bean
        public RestfulServer restfulServer(
                IFhirSystemDao<?, ?> system,
                JpaSystemProvider<?, ?> systemProvider,
                ResourceProviderFactory resources,
                JpaStorageSettings settings,
                ISearchParamRegistry searchParams,
                IValidationSupport support,
                IInstanceValidatorModule validator,
                DatabaseBackedPagingProvider paging) {
            RestfulServer server = new RestfulServer(system.getContext());
            server.registerProviders(resources.createProviders());
            server.registerProvider(systemProvider);
            server.setServerConformanceProvider(
                    new JpaCapabilityStatementProvider(server, system, settings, searchParams, support));
            server.setPagingProvider(paging);
            server.setDefaultResponseEncoding(EncodingEnum.JSON);
            server.registerInterceptor(new UserRequestRetryVersionConflictsInterceptor());
            if (ARGS.containsKey("validate")) {
                RequestValidatingInterceptor check = new RequestValidatingInterceptor();
                check.setValidatorModules(List.of(validator));
                server.registerInterceptor(check);
            }
            return server;
        }
    }
}
